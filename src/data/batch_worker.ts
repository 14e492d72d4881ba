/**
 * The worker that builds batches for a {@link WorkerFeeder}: it opens the splits that it is told
 * of, keeps the open streams, and sends as many batches of each as it is asked for.
 */
import { UserError } from "../errors.ts";
import type { Splits } from "./batch_feeder.ts";
import {
  batchMemory,
  type FeederAnswer,
  type FeederRequest,
  type PlacedBatch,
  type StreamSource,
  type WorkerSetup,
} from "./batch_messages.ts";
import { evaluationBatches, TrainingBatches, type TrainingBatchOptions } from "./batches.ts";
import { perSplit } from "./packed_cache.ts";
import { openSplit } from "./split_description.ts";

function* placedBatches(
  open: () => Splits,
  options: TrainingBatchOptions,
  source: StreamSource,
): Generator<PlacedBatch> {
  const splits = open();
  if (source.kind === "evaluation") {
    let index = 0;
    for (const batch of evaluationBatches(splits[source.split], options)) {
      yield { batch, cursor: { epoch: 1, index: ++index } };
    }
    return;
  }
  const batches = new TrainingBatches(splits.train, options);
  batches.seek(source.cursor);
  while (true) yield { batch: batches.next(), cursor: batches.cursor };
}

function serve({ port, splits: descriptions, options }: WorkerSetup): void {
  let splits: Splits | undefined;
  const open = () => splits ??= perSplit((name) => openSplit(descriptions[name]));
  const streams = new Map<number, Generator<PlacedBatch>>();
  const answer = (message: FeederAnswer, memory: ArrayBuffer[] = []) =>
    port.postMessage(message, memory);

  /** Sends one more batch of a stream. @returns false when it has none. */
  const advance = (stream: number, batches: Generator<PlacedBatch>): boolean => {
    try {
      const step = batches.next();
      if (!step.done) {
        answer({ kind: "batch", stream, ...step.value }, batchMemory(step.value.batch));
        return true;
      }
      answer({ kind: "end", stream });
    } catch (error) {
      const user = error instanceof UserError;
      const message = error instanceof Error ? error.message : String(error);
      const trace = error instanceof Error ? error.stack : undefined;
      answer({ kind: "error", stream, user, message, trace });
    }
    return false;
  };

  port.onmessage = ({ data }: MessageEvent<FeederRequest>) => {
    const { kind, stream } = data;
    if (kind === "open") streams.set(stream, placedBatches(open, options, data.source));
    else if (kind === "close") streams.delete(stream);
    else {
      // Requests that were under way when the stream ended find it gone.
      const batches = streams.get(stream);
      if (batches === undefined) return;
      for (let i = 0; i < data.count; i++) {
        if (advance(stream, batches)) continue;
        streams.delete(stream);
        return;
      }
    }
  };
}

addEventListener("message", (event) => {
  if (event instanceof MessageEvent) serve(event.data);
}, { once: true });
