/** Long Range Arena (the paper's Table 2): classification of long sequences. */
import { lraModels, lraTasks } from "../src/models/lra_presets.ts";
import { preset } from "../src/models/presets.ts";
import { s4Models } from "../src/models/s4_presets.ts";
import { classifierRun } from "./classification.ts";
import type { PrepareRequest, TrainingSuite } from "./spec.ts";

/**
 * Every model on every task. S4D-Lin and S4D-Inv differ from S4D-LegS in the initial state matrix
 * only and cost the same: they run when they are named.
 */
export const lraSuite: TrainingSuite = {
  name: "lra",
  description: "Long Range Arena: Mega, Transformer and S4 classifiers (paper, Table 2)",
  models: [...lraModels, "s4", "s4d-legs"],
  tasks: [...lraTasks],
  specs: lraTasks.flatMap((task) =>
    [...lraModels, ...s4Models].map((model) => ({
      task,
      model,
      prepare: ({ profile, data, batchSize }: PrepareRequest) => {
        if (data.kind !== "classification") throw new TypeError(`${task} is no classification`);
        const shape = { vocabulary: data.vocabulary?.size, maxLength: data.maxLength };
        return classifierRun(preset({ task, model, profile, data: shape }), data, batchSize);
      },
    }))
  ),
};
