/** How a model is trained: optimiser, schedule and budget, as plain JSON. */
import type { S4LearningRates } from "../nn/s4/parameter_scale.ts";

/** Rises to the peak by a power of the progress through the warm-up, then falls linearly. */
export interface LinearSchedule {
  readonly kind: "linear";
  readonly peak: number;
  readonly warmupInitial: number;
  readonly warmupUpdates: number;
  readonly warmupPower: number;
  readonly end: number;
  /** Update at which `end` is reached. */
  readonly totalUpdates: number;
}

/** Linear warm-up followed by a half cosine to zero. */
export interface CosineSchedule {
  readonly kind: "cosine";
  readonly peak: number;
  readonly warmupInitial: number;
  readonly warmupUpdates: number;
  /** Update at which zero is reached. */
  readonly totalUpdates: number;
}

/** Linear warm-up followed by decay with the inverse square root of the update; has no end. */
export interface InverseSqrtSchedule {
  readonly kind: "inverse-sqrt";
  readonly peak: number;
  readonly warmupInitial: number;
  readonly warmupUpdates: number;
}

/** Learning rates over the updates of a run. */
export type Schedule = LinearSchedule | CosineSchedule | InverseSqrtSchedule;

/** The schedule for a run of another length; one without an end stays as it is. */
export function withTotalUpdates(schedule: Schedule, totalUpdates: number): Schedule {
  return schedule.kind === "inverse-sqrt" ? schedule : { ...schedule, totalUpdates };
}

/**
 * Settings of a training run (`examples/mega/README.lra.md`, `fairseq/optim/adam.py` and
 * `linear_decay_schedule.py` and `inverse_square_root_schedule.py` in `fairseq/optim/lr_scheduler` of
 * facebookresearch/mega).
 */
export interface TrainingSettings {
  readonly optimizer: {
    readonly kind: "adam";
    readonly beta1: number;
    readonly beta2: number;
    /** Added to the uncorrected root of the second moment. */
    readonly epsilon: number;
    /** Decoupled, on every parameter that has no factor of its own. */
    readonly weightDecay: number;
    /** Largest global gradient norm; 0 switches clipping off. */
    readonly clipNorm: number;
    /** Learning rates of the parameters of state-space kernels. */
    readonly stateSpaceRates?: S4LearningRates;
  };
  readonly schedule: Schedule;
  /** Examples per device batch. */
  readonly batch: number;
  /** Batches per update; their gradients are summed and divided by the number of examples. */
  readonly accumulation: number;
  readonly updates: number;
  /** Evaluates the mean of the models at the last so many validations; absent for the best one. */
  readonly averagedModels?: number;
}

/** What differs between tasks. */
export interface TaskTraining {
  readonly peak: number;
  readonly weightDecay: number;
  readonly batch: number;
  readonly accumulation: number;
  readonly updates: number;
  readonly warmupUpdates: number;
  readonly warmupPower?: number;
  /** Default 1, that of Long Range Arena. */
  readonly clipNorm?: number;
}

/** Complete settings: what all runs of Mega share, and what is the task's own. */
export function trainingSettings(task: TaskTraining): TrainingSettings {
  const { peak, weightDecay, batch, accumulation, updates, warmupUpdates } = task;
  return {
    optimizer: {
      kind: "adam",
      beta1: 0.9,
      beta2: 0.98,
      epsilon: 1e-8,
      weightDecay,
      clipNorm: task.clipNorm ?? 1,
    },
    schedule: {
      kind: "linear",
      peak,
      warmupInitial: 1e-7,
      warmupUpdates,
      warmupPower: task.warmupPower ?? 1,
      end: 0,
      totalUpdates: updates,
    },
    batch,
    accumulation,
    updates,
  };
}
