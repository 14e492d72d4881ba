/** A task of each family: what `bench` runs when nothing is chosen. */
import { lmSuite } from "./lm.ts";
import { lraSuite } from "./lra.ts";
import type { TrainingSuite } from "./spec.ts";
import { translationSuite } from "./translation.ts";

const models = ["mega", "transformer"];

/** Specifications of a suite for a task and the models of the overview. */
function specsOf({ specs }: TrainingSuite, task: string): TrainingSuite["specs"] {
  return specs.filter((spec) => spec.task === task && models.includes(spec.model));
}

/** Mega beside the Transformer, on data that is generated or comes with the program. */
export const overviewSuite: TrainingSuite = {
  name: "overview",
  description: "A task of each family: classification, language modelling, translation",
  models,
  tasks: ["listops", "characters", "numbers"],
  specs: [
    ...specsOf(lraSuite, "listops"),
    ...specsOf(lmSuite, "characters"),
    ...specsOf(translationSuite, "numbers"),
  ],
};
