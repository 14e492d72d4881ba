/** The identity of a run: all that its numbers depend on. */
import type { CellIdentity } from "../src/cells/cell_files.ts";
import type { Device } from "../src/device/device.ts";
import { compilesUnoptimised } from "../src/results/environment.ts";
import type { LanguageModelRecipe, TranslationRecipe } from "../src/workloads/recipe.ts";
import { adapterRecord } from "./adapter_record.ts";
import type { RowHead } from "./row.ts";
import type { SuitePlan } from "./suite_plan.ts";

/** What the numbers of a translation run depend on beside its settings. */
function translationSetting({ labelSmoothing, batching, shapes }: TranslationRecipe) {
  const { validation, final, limits, ...cutting } = batching;
  return {
    labelSmoothing,
    batching: { ...cutting, validation: { ...validation }, final: { ...final } },
    limits: { valid: limits.valid ?? null, test: limits.test ?? null },
    shapes: shapes.map((shape) => ({ ...shape })),
  };
}

/** How a language model reads its training text. */
function lanesOrBlocks({ batching: { training } }: LanguageModelRecipe) {
  return training.mode === "lanes"
    ? { ...training }
    : { ...training, multiples: [...training.multiples] };
}

/** Device and driver; kernels that are compiled without optimisation say nothing about speed. */
function adapterOf(device: Device): CellIdentity["adapter"] {
  const { vendor, device: name, description, class: variants, driver } = adapterRecord(device);
  return {
    vendor,
    device: name,
    description,
    class: variants,
    driver,
    unoptimised: compilesUnoptimised(),
  };
}

/**
 * Identity of a run. What it is for (a trial, a row of a table) does not count: the trial with the
 * chosen learning rate is the run of its seed.
 */
export function cellIdentity(
  { run, settings, model }: RowHead,
  { suite, profile, code }: Pick<SuitePlan, "suite" | "profile" | "code">,
  device: Device,
): CellIdentity {
  const { recipe, task, batchSize, sequenceLength } = run;
  const { config, training } = recipe;
  const { seed, schedule, ...rest } = settings;
  return {
    suite,
    profile,
    task: {
      name: task.name,
      kind: task.kind,
      version: task.version,
      direction: task.direction ?? null,
      data: Object.fromEntries(
        Object.entries(task.splits).map(([split, { sha256 }]) => [split, sha256]),
      ),
    },
    model: { name: model, configuration: { ...config } },
    setting: {
      ...rest,
      schedule: { ...schedule },
      optimizer: { ...training.optimizer },
      batchSize,
      sequenceLength,
      ...(recipe.kind === "language-model" ? { training: lanesOrBlocks(recipe) } : {}),
      ...(recipe.kind === "translation" ? translationSetting(recipe) : {}),
    },
    seed,
    code,
    adapter: adapterOf(device),
  };
}
