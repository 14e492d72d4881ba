/** A model of four numbers without a device, to test what runs do between updates. */
import type { BatchCursor } from "../data/batches.ts";
import type { SplitName } from "../data/dataset.ts";
import type { RunContext, RunOutcome, RunSession } from "./run_context.ts";
import type { RunSettings } from "./run_settings.ts";
import { TrainingRun } from "./run.ts";
import type { StepMetrics } from "./session.ts";
import type { SessionState, TrainedValues } from "./session_state.ts";
import type { BatchStream, DecodedSplit, Decoding, RunBatch, Workload } from "./workload.ts";

/** Gets what happens in a run, and may throw: a device that is lost, or a run that is killed. */
export type OnEvent = (event: string) => void;

function batchOf(seed: number, units: { sentences: number; tokens: number }): RunBatch {
  const values = Float32Array.from({ length: 4 }, (_, i) => Math.sin(12.9898 * seed + 78.233 * i));
  return {
    feeds: new Map([["x", values]]),
    extents: {},
    units,
    positions: units.tokens + 3,
    fresh: false,
  };
}

const evaluated: Readonly<Record<SplitName, number>> = { train: 0, valid: 3, test: 4 };

class FakeStream implements BatchStream {
  cursor: BatchCursor = { epoch: 1, index: 0 };

  constructor(private readonly seed: number) {}

  seek(cursor: BatchCursor): Promise<void> {
    this.cursor = cursor;
    return Promise.resolve();
  }

  next(): Promise<RunBatch> {
    const { epoch, index } = this.cursor;
    this.cursor = index === 4 ? { epoch: epoch + 1, index: 0 } : { epoch, index: index + 1 };
    const units = { sentences: 2 + index, tokens: 7 + 2 * index + epoch };
    return Promise.resolve(batchOf(this.seed + 5 * epoch + index, units));
  }

  async *evaluation({ split }: { readonly split: SplitName }) {
    for (let i = 0; i < evaluated[split]; i++) {
      yield await Promise.resolve(batchOf(1000 + 10 * evaluated[split] + i, {
        sentences: 4,
        tokens: 20,
      }));
    }
  }

  [Symbol.dispose](): void {}
}

/** A model with moments, running statistics and carried state, all of which its losses depend on. */
class FakeSession implements RunSession {
  #state: SessionState = {
    parameters: new Map(),
    first: new Map(),
    second: new Map(),
    states: new Map(),
    carried: new Map(),
  };
  #unread: StepMetrics[] = [];
  readonly submitMilliseconds = 0;

  constructor(private readonly capacity: number, private readonly onEvent: OnEvent) {}

  #of(part: keyof SessionState): Float32Array {
    const values = this.#state[part].get("w") ?? new Float32Array(4);
    this.#state[part].set("w", values);
    return values;
  }

  initialize(): void {
    this.#of("parameters").set([0.5, -0.5, 0.25, 1]);
  }

  restore(state: SessionState): void {
    this.#state = structuredClone(state);
  }

  restoreParameters(
    parameters: ReadonlyMap<string, Float32Array>,
    states: ReadonlyMap<string, Float32Array>,
  ): void {
    this.#state = {
      ...this.#state,
      parameters: new Map(structuredClone(parameters)),
      states: new Map(structuredClone(states)),
    };
  }

  trained(): Promise<TrainedValues> {
    const { parameters, states } = structuredClone(this.#state);
    return Promise.resolve({ parameters, states });
  }

  snapshot(): Promise<SessionState> {
    return Promise.resolve(structuredClone(this.#state));
  }

  get metricsFull(): boolean {
    return this.#unread.length === this.capacity;
  }

  update(update: number, rate: number, batches: readonly RunBatch[], samples: number): void {
    const [w, first, states, carried] = [
      this.#of("parameters"),
      this.#of("first"),
      this.#of("states"),
      this.#of("carried"),
    ];
    let [lossSum, norm, correct] = [0, 0, 0];
    for (const { feeds, units } of batches) {
      feeds.get("x")?.forEach((x, i) => {
        const error = w[i] - x + 0.1 * carried[i];
        lossSum = Math.fround(lossSum + error * error);
        norm = Math.fround(norm + Math.abs(error / samples));
        first[i] = 0.9 * first[i] + error;
        states[i] = 0.5 * states[i] + x;
        carried[i] = 0.5 * carried[i] + x;
        w[i] -= rate * first[i] / samples;
      });
      correct += units.sentences - 1;
    }
    this.#unread.push({ lossSum, gradientNorm: norm, metrics: { correct } });
    this.onEvent(`update ${update}`);
  }

  evaluate({ feeds }: Pick<RunBatch, "feeds">): void {
    const [w, states] = [this.#of("parameters"), this.#of("states")];
    let lossSum = 0;
    feeds.get("x")?.forEach((x, i) => {
      lossSum = Math.fround(lossSum + (w[i] - x + 0.01 * states[i]) ** 2);
    });
    this.#unread.push({ lossSum, gradientNorm: 0, metrics: { correct: Math.sin(50 * lossSum) } });
    this.onEvent("evaluate");
  }

  readMetrics(): Promise<StepMetrics[]> {
    return Promise.resolve(this.#unread.splice(0));
  }

  step(): never {
    throw new RangeError("has no steps");
  }

  move(): never {
    throw new RangeError("has no steps");
  }
}

/** Writes a text whose score follows from the parameters, in two parts with an interruption between. */
function fakeDecoding(onEvent: OnEvent): Decoding {
  const spec = { name: "bleu", unit: "bleu", higherIsBetter: true };
  return {
    scores: [spec],
    splits: ["test"],
    async run(runner, split, purpose, signal): Promise<DecodedSplit> {
      if (!(runner instanceof FakeSession)) throw new RangeError("another session");
      for (let part = 1; part <= 2; part++) {
        signal?.throwIfAborted();
        onEvent(`decode ${split} ${purpose}`);
      }
      const { parameters } = await runner.trained();
      const value = Math.sin(1000 * (parameters.get("w")?.[0] ?? NaN));
      return {
        split,
        scores: [{ spec, value }],
        sources: [],
        references: [],
        hypotheses: [`${value}`],
        statistics: [],
        quotable: true,
        tokens: 0,
        seconds: 0,
      };
    },
  };
}

/** How a test departs from the usual run: 14 updates, points at 4, 5, 6, 8, 10, 12
 * and 14, evaluations at 6, 12 and 14, checkpoints at 5, 10 and 14. */
export interface FakeRun {
  readonly settings?: Partial<RunSettings>;
  readonly context?: Partial<RunContext>;
  readonly onEvent?: OnEvent;
  readonly decodes?: boolean;
  /** Metrics that the session holds until they are read. */
  readonly capacity?: number;
}

/** The settings of a fake run. */
export function fakeSettings(settings: Partial<RunSettings> = {}): RunSettings {
  return {
    seed: 3,
    accumulation: 1,
    updates: 14,
    schedule: {
      kind: "linear",
      peak: 0.3,
      warmupInitial: 1e-7,
      warmupUpdates: 2,
      warmupPower: 1,
      end: 0,
      totalUpdates: 14,
    },
    evaluateEvery: 6,
    reportEvery: 4,
    checkpointEvery: 5,
    ...settings,
  };
}

/** Trains the model. */
export function fakeRun(
  { settings, context, onEvent = () => {}, decodes = false, capacity = 256 }: FakeRun = {},
): Promise<RunOutcome> {
  const workload: Workload = {
    model: () => ({}),
    extents: { train: {}, evaluate: {} },
    normaliser: "tokens",
    scores: [{
      name: "accuracy",
      unit: "proportion",
      higherIsBetter: true,
      per: "sentences",
      of: ({ metrics, units }) => metrics.correct / units.sentences,
    }],
    ...(decodes ? { decoding: fakeDecoding(onEvent) } : {}),
    evaluations: [{ split: "valid", setting: null }, { split: "test", setting: null }],
    open: (seed) => new FakeStream(seed),
  };
  return new TrainingRun(fakeSettings(settings), {
    session: new FakeSession(capacity, onEvent),
    workload,
    folder: undefined,
    identity: "a run",
    resume: true,
    compileSeconds: 1,
    ...context,
  }).run();
}

/** All that a run found but for the time that it took. */
export function foundBy({ status, progress, results, decoded }: RunOutcome) {
  const { seconds: _, stepMilliseconds, ...rest } = progress;
  return {
    status,
    progress: rest,
    times: stepMilliseconds.length,
    results: results.map(({ spec, sums }) => ({ spec, sums })),
    decoded,
  };
}

/** Names and contents of the files of a folder. */
export async function filesOf(folder: string): Promise<Map<string, Uint8Array>> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const names = entries.flatMap(({ name, isFile }) => isFile ? [name] : []);
  return new Map(
    await Promise.all(
      names.sort().map(async (name): Promise<[string, Uint8Array]> => [
        name,
        await Deno.readFile(`${folder}/${name}`),
      ]),
    ),
  );
}
