/** Evaluation of the parameters that a session holds. */
import { nextTurn } from "../util/event_loop.ts";
import type { RunSession } from "./run_context.ts";
import type { StepMetrics } from "./session.ts";
import { addUnits, noUnits, sumMetrics } from "./sums.ts";
import type { BatchStream, Evaluation, EvaluationSpec } from "./workload.ts";

/** Batches that are queued before they are waited for: an interruption does not wait for more. */
const mostQueued = 16;

/** Evaluates a split. Rejects with the reason of the signal, before the next batch, when it is aborted. */
export async function evaluateSplit(
  session: Pick<RunSession, "evaluate" | "metricsFull" | "readMetrics">,
  stream: BatchStream,
  spec: EvaluationSpec,
  signal?: AbortSignal,
): Promise<Evaluation> {
  const started = performance.now();
  const metrics: StepMetrics[] = [];
  let units = noUnits;
  let queued = 0;
  for await (const batch of stream.evaluation(spec)) {
    // Signals come in between batches that are made on this thread.
    await nextTurn();
    signal?.throwIfAborted();
    if (session.metricsFull || queued === mostQueued) {
      metrics.push(...await session.readMetrics());
      queued = 0;
    }
    session.evaluate(batch);
    queued++;
    units = addUnits(units, batch.units);
  }
  metrics.push(...await session.readMetrics());
  const seconds = (performance.now() - started) / 1000;
  return { spec, sums: sumMetrics(metrics, units), seconds };
}
