/** Learning-rate schedules as functions of the number of completed updates. */

/** Linear warm-up followed by linear decay (the reference's `linear_decay`). */
export interface LinearDecay {
  readonly kind: "linear-decay";
  readonly peak: number;
  /** Rate at update 0. */
  readonly initial: number;
  readonly final: number;
  readonly warmupUpdates: number;
  readonly totalUpdates: number;
  /** Exponent of the warm-up ramp: 1, and 2 for Path-X. */
  readonly power: number;
}

/** Linear warm-up followed by decay with the inverse square root. */
export interface InverseSqrt {
  readonly kind: "inverse-sqrt";
  readonly peak: number;
  readonly initial: number;
  readonly warmupUpdates: number;
}

/** Linear warm-up followed by a half cosine to zero. */
export interface Cosine {
  readonly kind: "cosine";
  readonly peak: number;
  readonly initial: number;
  readonly warmupUpdates: number;
  readonly totalUpdates: number;
}

/** Any schedule. */
export type Schedule = LinearDecay | InverseSqrt | Cosine;

/**
 * Learning rate after `completed` updates. The first update therefore uses `initial`, because the
 * schedule advances after each update.
 */
export function learningRate(schedule: Schedule, completed: number): number {
  const { peak, initial, warmupUpdates: warmup } = schedule;
  if (schedule.kind === "linear-decay") {
    const { final, totalUpdates: total, power } = schedule;
    if (warmup > 0 && completed <= warmup) {
      return initial + (peak - initial) * (completed / warmup) ** power;
    }
    if (completed >= total) return final;
    return final + (peak - final) * (total - completed) / (total - warmup);
  }
  if (completed < warmup) return initial + (peak - initial) * completed / warmup;
  if (schedule.kind === "inverse-sqrt") {
    return peak * Math.sqrt(Math.max(1, warmup) / Math.max(1, completed));
  }
  const progress = Math.min(1, (completed - warmup) / Math.max(1, schedule.totalUpdates - warmup));
  return peak * 0.5 * (1 + Math.cos(Math.PI * progress));
}
