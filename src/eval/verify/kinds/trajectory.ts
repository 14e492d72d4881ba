/** What the trajectories of language models and of translation models have in common. */
import { z } from "zod";
import { UserError } from "../../../errors.ts";
import type { AdamSettings } from "../../../train/optimizer.ts";
import type { Schedule } from "../../../train/schedule.ts";
import type { Session } from "../../../train/session.ts";
import type { SessionState } from "../../../train/session_state.ts";
import { type CompareOptions, trajectoryLossTolerance } from "../../tolerance.ts";
import type { Golden } from "../golden.ts";

/** How the trajectories of language and translation models were trained. */
export const trajectorySchema = z.object({
  updates: z.int(),
  snapshot: z.int(),
  optim: z.object({
    betas: z.tuple([z.number(), z.number()]),
    clip_norm: z.number(),
    end_learning_rate: z.number().default(0),
    eps: z.number(),
    lr: z.number(),
    lr_scheduler: z.enum(["linear_decay", "inverse_sqrt"]),
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

/** Parameters of the file, moments zero. */
export function initialState(golden: Golden, session: Session): SessionState {
  const parameters = new Map(session.model.parameters.map(({ name }) => {
    const values = golden.parameters.get(name)?.values;
    if (values === undefined) throw new UserError(`${golden.where}: param.${name} is missing`);
    return [name, Float32Array.from(values)];
  }));
  const zeros = () =>
    new Map([...parameters].map(([name, { length }]) => [name, new Float32Array(length)]));
  return { parameters, first: zeros(), second: zeros(), states: new Map(), carried: new Map() };
}
