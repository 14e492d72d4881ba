/** A task of each family: what `bench` runs when nothing is chosen. */
import { lmSuite } from "./lm.ts";
import { lraSuite } from "./lra.ts";
import type { TrainingSuite } from "./spec.ts";
import { translationSuite } from "./translation.ts";

/** Specifications of a suite for a task and some models. */
function specsOf(
  { specs }: TrainingSuite,
  task: string,
  models: readonly string[],
): TrainingSuite["specs"] {
  return specs.filter((spec) => spec.task === task && models.includes(spec.model));
}

/**
 * Mega beside the Transformer, on data that is generated or comes with the program. Translation takes
 * Mega with Laplace attention: at this width and budget the one with softmax does not read its source.
 */
export const overviewSuite: TrainingSuite = {
  name: "overview",
  description: "A task of each family: classification, language modelling, translation",
  models: ["mega", "mega-laplace", "transformer"],
  tasks: ["listops", "characters", "numbers"],
  specs: [
    ...specsOf(lraSuite, "listops", ["mega", "transformer"]),
    ...specsOf(lmSuite, "characters", ["mega", "transformer"]),
    ...specsOf(translationSuite, "numbers", ["mega-laplace", "transformer"]),
  ],
};
