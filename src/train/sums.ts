/** Sums over batches and updates. */
import type { StepMetrics } from "./session.ts";
import type { BatchUnits, ScoreSums } from "./workload.ts";

/** Nothing counted yet. */
export const noUnits: BatchUnits = { sentences: 0, tokens: 0 };

/** Units of two batches together. */
export function addUnits(a: BatchUnits, b: BatchUnits): BatchUnits {
  return { sentences: a.sentences + b.sentences, tokens: a.tokens + b.tokens };
}

/** Losses and metrics of steps together, in their order. */
export function sumMetrics(steps: readonly StepMetrics[], units: BatchUnits): ScoreSums {
  const names = new Set(steps.flatMap((step) => Object.keys(step.metrics)));
  return {
    lossSum: steps.reduce((total, { lossSum }) => total + lossSum, 0),
    metrics: Object.fromEntries(
      [...names].map((name) => [
        name,
        steps.reduce((total, { metrics }) => total + (metrics[name] ?? 0), 0),
      ]),
    ),
    units,
  };
}
