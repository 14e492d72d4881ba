/** What the trajectories of classifiers, language models and translation models have in common. */
import { z } from "zod";
import { UserError } from "../../../errors.ts";
import type { AdamSettings } from "../../../train/optimizer.ts";
import type { Schedule } from "../../../train/schedule.ts";
import type { Session } from "../../../train/session.ts";
import { type CompareOptions, outputTolerance, trajectoryLossTolerance } from "../../tolerance.ts";
import type { Golden } from "../golden.ts";
import type { Produced } from "../run_module.ts";

/** How a trajectory was trained. */
export const trajectorySchema = z.object({
  updates: z.int().positive(),
  snapshot: z.int().nonnegative(),
  optim: z.object({
    betas: z.tuple([z.number(), z.number()]),
    clip_norm: z.number(),
    end_learning_rate: z.number().default(0),
    eps: z.number(),
    lr: z.number(),
    lr_scheduler: z.enum(["linear_decay", "inverse_sqrt"]).default("linear_decay"),
    total_num_update: z.int().optional(),
    update_freq: z.int().positive().default(1),
    warmup_init_lr: z.number(),
    warmup_updates: z.int(),
    weight_decay: z.number(),
  }),
});
/** See {@link trajectorySchema}. */
export type TrajectoryCase = z.infer<typeof trajectorySchema>;

/** Losses and norms of float32 against the reference's float64. */
export const scalars: CompareOptions = { tolerance: trajectoryLossTolerance, elementwise: true };

/** The learning rates of a trajectory. */
export function scheduleOf({ optim, updates }: TrajectoryCase): Schedule {
  const common = {
    peak: optim.lr,
    warmupInitial: optim.warmup_init_lr,
    warmupUpdates: optim.warmup_updates,
  };
  if (optim.lr_scheduler === "inverse_sqrt") return { kind: "inverse-sqrt", ...common };
  return {
    kind: "linear",
    ...common,
    warmupPower: 1,
    end: optim.end_learning_rate,
    totalUpdates: optim.total_num_update ?? updates,
  };
}

/** The optimiser of a trajectory. */
export function adamSettingsOf(optim: TrajectoryCase["optim"]): AdamSettings {
  return {
    beta1: optim.betas[0],
    beta2: optim.betas[1],
    epsilon: optim.eps,
    weightDecay: optim.weight_decay,
    clipNorm: optim.clip_norm,
  };
}

/**
 * Sets a session to the parameters and statistics of the file, with moments of zero.
 *
 * @throws {UserError} when they are not those of the model.
 */
export function startFromFile(golden: Golden, session: Session): void {
  golden.checkParameters([...session.model.parameters, ...session.model.states]);
  const values = golden.parameterValues();
  session.initialize();
  session.restoreParameters(values, values);
}

/**
 * What an input has for an update: its first axis is the updates.
 *
 * @throws {UserError} when the input has another number of them.
 */
export function ofUpdate(
  golden: Golden,
  input: string,
  { updates }: Pick<TrajectoryCase, "updates">,
  update: number,
): Float32Array | Int32Array {
  const { values, shape } = golden.inputTensor(input);
  if (shape[0] !== updates) {
    throw new UserError(`${golden.where}: input.${input}: ${shape[0]} of ${updates} updates`);
  }
  const size = values.length / updates;
  const part = values.subarray(update * size, (update + 1) * size);
  return part instanceof Int32Array ? part : Float32Array.from(part);
}

/** Which elements of a parameter have a true gradient of zero, by its name. */
export type NoGradient = (name: string) => (index: number) => boolean;

/**
 * Parameters after `done` updates, as often as the file holds them.
 *
 * @param noGradient Their float32 gradient is rounding noise, which Adam scales up.
 * @param drift Bound for those elements: what Adam can have moved them by, the sum of the rates.
 */
export async function parametersAfter(
  session: Session,
  { snapshot, updates }: TrajectoryCase,
  done: number,
  noGradient: NoGradient,
  drift: number,
): Promise<Produced[]> {
  const prefixes = [
    ...done === snapshot ? [`params_after_${snapshot}`] : [],
    ...done === updates ? ["final_params"] : [],
  ];
  if (prefixes.length === 0) return [];
  const { parameters } = await session.trained();
  return prefixes.flatMap((prefix) =>
    [...parameters].map(([name, values]): Produced => {
      const vanishes = noGradient(name);
      const exception = (index: number) => vanishes(index) ? drift : undefined;
      const compare = { tolerance: outputTolerance, exception };
      return { name: `output.${prefix}.${name}`, values, compare };
    })
  );
}
