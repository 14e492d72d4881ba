import { UserError } from "../errors.ts";
import type { BatchFeeder, Splits } from "./batch_feeder.ts";
import type {
  FeederAnswer,
  FeederRequest,
  PlacedBatch,
  StreamSource,
  WorkerSetup,
} from "./batch_messages.ts";
import { type Batch, type BatchCursor, FIRST_BATCH, type TrainingBatchOptions } from "./batches.ts";
import type { SplitName } from "./dataset.ts";
import { perSplit } from "./packed_cache.ts";
import { describeSplit } from "./split_description.ts";

/** Batches that are built ahead of the consumer, of each stream. */
const AHEAD = 4;
/** Taken batches that are asked for anew at once: each request wakes the worker. */
const REFILL = 2;

/** What a stream gives in the end: undefined after its last batch. */
type Outcome = PlacedBatch | undefined | Error;

/** The arrived batches of one stream, and those who wait for more. */
class Stream {
  readonly #arrived: PlacedBatch[] = [];
  readonly #waiting: ((outcome: Outcome) => void)[] = [];
  /** Taken batches in whose place no other was asked for yet. */
  owed = 0;
  #final: { readonly outcome: undefined | Error } | undefined;

  constructor(readonly id: number) {}

  add(batch: PlacedBatch): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(batch);
    else this.#arrived.push(batch);
  }

  /** No batch follows; those that have arrived can still be taken. */
  finish(outcome: undefined | Error): void {
    this.#final ??= { outcome };
    for (const waiting of this.#waiting.splice(0)) waiting(this.#final.outcome);
  }

  /** Waits until there is a batch, which stays, or an end. */
  async peek(): Promise<void> {
    if (this.#arrived.length > 0) return;
    const outcome = await this.#wait();
    if (outcome instanceof Error) throw outcome;
    if (outcome !== undefined) this.#arrived.unshift(outcome);
  }

  async take(): Promise<PlacedBatch | undefined> {
    const outcome = this.#arrived.shift() ?? await this.#wait();
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  #wait(): Promise<Outcome> {
    if (this.#final) return Promise.resolve(this.#final.outcome);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/**
 * Builds batches in a worker, a few ahead, so that the device need not wait for the host. The
 * splits must be packed ones, whose memory or file the worker opens as well; finished batches are
 * handed over without a copy. The worker has the permissions of the program: narrower ones need an
 * unstable flag.
 */
export class WorkerFeeder implements BatchFeeder {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #streams = new Map<number, Stream>();
  #training: Stream | undefined;
  #opened = 0;
  #cursor = FIRST_BATCH;
  #failure: Error | undefined;

  /** Starts the worker. TypeError for a split that cannot be described to it. */
  constructor(splits: Splits, options: TrainingBatchOptions) {
    const descriptions = perSplit((name) => {
      const description = describeSplit(splits[name]);
      if (description) return description;
      throw new TypeError(`the ${name} split is not a packed one: feed its batches in process`);
    });
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }: MessageEvent<FeederAnswer>) => this.#receive(data);
    this.#worker = new Worker(new URL("./batch_worker.ts", import.meta.url), { type: "module" });
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(new Error(`the batch worker has failed: ${event.message}`));
    };
    const setup: WorkerSetup = { port: port2, splits: descriptions, options };
    this.#worker.postMessage(setup, [port2]);
  }

  get cursor(): BatchCursor {
    return this.#cursor;
  }

  async seek(cursor: BatchCursor): Promise<void> {
    if (this.#training) this.#end(this.#training);
    this.#cursor = cursor;
    this.#training = this.#open({ kind: "training", cursor });
    await this.#training.peek();
  }

  async next(): Promise<Batch> {
    const stream = this.#training ??= this.#open({ kind: "training", cursor: this.#cursor });
    const taken = await this.#take(stream);
    if (taken === undefined) throw new Error("the training batches have ended");
    this.#cursor = taken.cursor;
    return taken.batch;
  }

  async *evaluation(split: SplitName): AsyncGenerator<Batch, void, undefined> {
    const stream = this.#open({ kind: "evaluation", split });
    try {
      while (true) {
        const taken = await this.#take(stream);
        if (taken === undefined) return;
        yield taken.batch;
      }
    } finally {
      this.#end(stream);
    }
  }

  close(): void {
    this.#fail(new Error("the batch feeder is closed"));
    this.#training = undefined;
    this.#port.close();
    this.#worker.terminate();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #send(request: FeederRequest): void {
    this.#port.postMessage(request);
  }

  #open(source: StreamSource): Stream {
    const stream = new Stream(this.#opened++);
    if (this.#failure) {
      stream.finish(this.#failure);
      return stream;
    }
    this.#streams.set(stream.id, stream);
    this.#send({ kind: "open", stream: stream.id, source });
    this.#send({ kind: "take", stream: stream.id, count: AHEAD });
    return stream;
  }

  async #take(stream: Stream): Promise<PlacedBatch | undefined> {
    const taken = await stream.take();
    if (++stream.owed >= REFILL && this.#streams.has(stream.id)) {
      this.#send({ kind: "take", stream: stream.id, count: stream.owed });
      stream.owed = 0;
    }
    return taken;
  }

  #receive(answer: FeederAnswer): void {
    const stream = this.#streams.get(answer.stream);
    // Batches that were under way when their stream was closed.
    if (stream === undefined) return;
    if (answer.kind === "batch") {
      const { batch, cursor } = answer;
      stream.add({ batch, cursor });
      return;
    }
    this.#streams.delete(answer.stream);
    stream.finish(answer.kind === "error" ? errorOf(answer) : undefined);
  }

  #end(stream: Stream): void {
    if (this.#streams.delete(stream.id)) this.#send({ kind: "close", stream: stream.id });
    stream.finish(new Error("the batches were given up"));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const stream of this.#streams.values()) stream.finish(this.#failure);
    this.#streams.clear();
  }
}

function errorOf(
  { user, message, trace }: Extract<FeederAnswer, { kind: "error" }>,
): Error {
  return user ? new UserError(message) : new Error(message, { cause: trace });
}
