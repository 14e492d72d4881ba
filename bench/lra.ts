/** Long Range Arena (the paper's Table 2): classification of long sequences. */
import type { TaskData } from "../src/data/dataset.ts";
import { lraModels } from "../src/models/lra_presets.ts";
import { preset } from "../src/models/presets.ts";
import type { ProfileName } from "../src/models/profiles.ts";
import type { TrainingSuite } from "./spec.ts";

/** Tasks that this version has data for. */
const tasks = ["listops"] as const;

/** Every model on every task. */
export const lraSuite: TrainingSuite = {
  name: "lra",
  description: "Long Range Arena: Mega, Mega-chunk and Transformer classifiers (paper, Table 2)",
  specs: tasks.flatMap((task) =>
    lraModels.map((model) => ({
      task,
      model,
      preset: (profile: ProfileName, data: TaskData) =>
        preset({
          task,
          model,
          profile,
          data: { vocabulary: data.vocabulary?.size, maxLength: data.maxLength },
        }),
    }))
  ),
};
