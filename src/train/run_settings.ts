/** How long and in which portions a run trains, and what is due after which update. */
import type { Schedule } from "./schedule.ts";

/** See the module comment. */
export interface RunSettings {
  readonly seed: number;
  /** Micro-batches per update. */
  readonly accumulation: number;
  readonly updates: number;
  readonly schedule: Schedule;
  /** Updates between evaluations on the validation split. */
  readonly evaluateEvery: number;
  /** Updates between points of the loss curve. */
  readonly reportEvery: number;
  /** Updates between checkpoints. */
  readonly checkpointEvery: number;
  /**
   * Evaluates the mean of the parameters at the last so many evaluations on the validation split,
   * instead of the best ones.
   */
  readonly averagedModels?: number;
}

function isDue(every: number, update: number, { updates }: RunSettings): boolean {
  return update > 0 && (update % every === 0 || update === updates);
}

/** Whether the validation split is evaluated after an update. */
export function validationDue(settings: RunSettings, update: number): boolean {
  return isDue(settings.evaluateEvery, update, settings);
}

/** Whether a checkpoint is written after an update. */
export function checkpointDue(settings: RunSettings, update: number): boolean {
  return isDue(settings.checkpointEvery, update, settings);
}

/** Whether the loss curve has a point after an update: at least wherever something else is done. */
export function pointDue(settings: RunSettings, update: number): boolean {
  return isDue(settings.reportEvery, update, settings) || validationDue(settings, update) ||
    checkpointDue(settings, update);
}
