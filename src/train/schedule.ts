/** Learning-rate schedules as functions of the number of completed updates. */
import type {
  CosineSchedule,
  InverseSqrtSchedule,
  LinearSchedule,
  Schedule,
} from "../models/training_settings.ts";

export type { CosineSchedule, InverseSqrtSchedule, LinearSchedule, Schedule };

/**
 * Learning rate after `completed` updates. The first update therefore uses `warmupInitial`, because
 * the schedule advances after each update.
 */
export function learningRate(schedule: Schedule, completed: number): number {
  const { peak, warmupInitial: initial, warmupUpdates: warmup } = schedule;
  if (warmup > 0 && completed <= warmup) {
    const power = schedule.kind === "linear" ? schedule.warmupPower : 1;
    return initial + (peak - initial) * (completed / warmup) ** power;
  }
  if (schedule.kind === "inverse-sqrt") {
    return peak * Math.sqrt(Math.max(1, warmup) / Math.max(1, completed));
  }
  const { totalUpdates: total } = schedule;
  const left = completed >= total ? 0 : (total - completed) / (total - warmup);
  return schedule.kind === "linear"
    ? schedule.end + (peak - schedule.end) * left
    : peak * 0.5 * (1 + Math.cos(Math.PI * (1 - left)));
}
