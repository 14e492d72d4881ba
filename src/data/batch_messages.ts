/** What the feeder and its worker say to each other. */
import type { Batch, BatchCursor, TrainingBatchOptions } from "./batches.ts";
import type { SplitName } from "./dataset.ts";
import type { SplitDescription } from "./split_description.ts";

/** The first message to the worker; all others go through the port. */
export interface WorkerSetup {
  readonly port: MessagePort;
  readonly splits: Readonly<Record<SplitName, SplitDescription>>;
  readonly options: TrainingBatchOptions;
}

/** What a stream of batches gives. */
export type StreamSource =
  | { readonly kind: "training"; readonly cursor: BatchCursor }
  | { readonly kind: "evaluation"; readonly split: SplitName };

/** A request to the worker. Streams are numbered by the feeder. */
export type FeederRequest =
  | { readonly kind: "open"; readonly stream: number; readonly source: StreamSource }
  /** Build and send `count` more batches. */
  | { readonly kind: "take"; readonly stream: number; readonly count: number }
  | { readonly kind: "close"; readonly stream: number };

/** What a stream yields: a batch, and where the stream continues after it. */
export interface PlacedBatch {
  readonly batch: Batch;
  readonly cursor: BatchCursor;
}

/** An answer of the worker; after `end` and `error` the stream gives nothing more. */
export type FeederAnswer =
  | ({ readonly kind: "batch"; readonly stream: number } & PlacedBatch)
  | { readonly kind: "end"; readonly stream: number }
  | {
    readonly kind: "error";
    readonly stream: number;
    /** Whether it was a UserError. */
    readonly user: boolean;
    readonly message: string;
    /** The worker's stack trace. */
    readonly trace: string | undefined;
  };

/** The memory of a batch, to be handed over rather than copied. */
export function batchMemory(batch: Batch): ArrayBuffer[] {
  const { weights, labels, indices, lengths } = batch;
  const arrays: (Int32Array | Float32Array)[] = [weights, labels, indices, lengths];
  if (batch.kind === "values") arrays.push(batch.values);
  else {
    arrays.push(batch.tokens);
    if (batch.second !== undefined) arrays.push(batch.second.tokens, batch.second.lengths);
  }
  return arrays.flatMap(({ buffer }) => buffer instanceof ArrayBuffer ? [buffer] : []);
}
