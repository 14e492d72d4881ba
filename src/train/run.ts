/**
 * One training run: updates, evaluation on the validation split, best checkpoint, test at the end,
 * checkpoints that a killed run continues from to the same bits.
 */
import { join } from "node:path";
import { type BatchFeeder, InProcessFeeder } from "../data/batch_feeder.ts";
import { WorkerFeeder } from "../data/batch_worker_feeder.ts";
import { type Batch, FIRST_BATCH } from "../data/batches.ts";
import type { SplitName, TaskData } from "../data/dataset.ts";
import { loadCheckpoint, type RunProgress, saveCheckpoint } from "./checkpoint.ts";
import { learningRate, type Schedule } from "./schedule.ts";
import type { BatchFeeds, StepMetrics, Trainer } from "./trainer.ts";

/** How long and in which portions a run trains. */
export interface RunSettings {
  readonly seed: number;
  /** Sentences per micro-batch. */
  readonly batchSize: number;
  /** Micro-batches per update. */
  readonly accumulation: number;
  readonly sequenceLength: number;
  readonly updates: number;
  readonly schedule: Schedule;
  /** Updates between evaluations on the validation split. */
  readonly evaluateEvery: number;
  /** Updates between points of the loss curve; metrics are read back that often. */
  readonly reportEvery: number;
  /** Updates between checkpoints. */
  readonly checkpointEvery: number;
}

/** Progress as it is reported while training. */
export interface RunReport {
  readonly update: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

/** What a run needs beside its settings. */
export interface RunContext {
  readonly trainer: Trainer;
  readonly data: TaskData;
  /** Turns a batch into values of the model's inputs. */
  readonly feeds: (batch: Batch) => BatchFeeds;
  /** Folder for checkpoints, or undefined to keep none. */
  readonly folder: string | undefined;
  /** Identity of the run; a checkpoint of another identity is refused. */
  readonly identity: string;
  /** Continue from the checkpoint in `folder` if there is one. */
  readonly resume: boolean;
  /** Seconds already spent on compiling. */
  readonly compileSeconds: number;
  /**
   * Where batches are built: ahead, in a worker (the default; needs packed splits), or on this
   * thread when they are needed. The batches are the same.
   */
  readonly batching?: "worker" | "in-process";
  readonly onReport?: (report: RunReport) => void;
  /** Ends the run cleanly after the current update, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** Loss and accuracy on a split. */
export interface Evaluation {
  readonly loss: number;
  readonly accuracy: number;
  readonly correct: number;
  readonly examples: number;
}

/** How a run ended and everything it measured. */
export interface RunOutcome {
  readonly status: "completed" | "diverged" | "interrupted";
  readonly reason: string | undefined;
  readonly progress: RunProgress;
  /** Results of the best checkpoint; absent unless the run completed. */
  readonly results: Readonly<Partial<Record<SplitName, Evaluation>>>;
  /** Part of the training time that the host spent on waiting for batches and on encoding. */
  readonly hostShare: number | undefined;
}

/** What one update, or some of them, trained on. */
interface Portion {
  readonly sentences: number;
  readonly tokens: number;
}

/** Mean loss in nats above which a run counts as exploded. */
const explodedLoss = 1e4;

/** Runs training to its end. See the module comment. */
export class TrainingRun {
  #progress: RunProgress;
  #hostMilliseconds = 0;
  #trainMilliseconds = 0;

  constructor(private readonly settings: RunSettings, private readonly context: RunContext) {
    this.#progress = {
      format: "mega-webgpu/checkpoint-1",
      run: context.identity,
      update: 0,
      cursor: FIRST_BATCH,
      curve: [],
      validationCurve: [],
      best: null,
      seconds: { compile: context.compileSeconds, train: 0, evaluate: 0 },
      stepMilliseconds: [],
      tokens: 0,
    };
  }

  #path(name: string): string | undefined {
    return this.context.folder === undefined ? undefined : join(this.context.folder, name);
  }

  #openFeeder(): BatchFeeder {
    const { batchSize, sequenceLength, seed } = this.settings;
    const { data, batching } = this.context;
    const Feeder = batching === "in-process" ? InProcessFeeder : WorkerFeeder;
    return new Feeder(data.splits, { batchSize, padTo: sequenceLength, seed, last: "keep" });
  }

  async #start(feeder: BatchFeeder): Promise<void> {
    const { trainer, resume, identity } = this.context;
    const path = this.#path("last.safetensors");
    const saved = resume && path !== undefined ? await loadCheckpoint(path, identity) : undefined;
    if (saved) {
      trainer.restore(saved.state);
      const { seconds } = saved.progress;
      this.#progress = {
        ...saved.progress,
        seconds: { ...seconds, compile: seconds.compile + this.context.compileSeconds },
      };
    } else trainer.initialize();
    await feeder.seek(this.#progress.cursor);
  }

  /** Evaluates the present parameters on a split. */
  async #evaluate(split: SplitName, feeder: BatchFeeder): Promise<Evaluation> {
    const { trainer, data, feeds } = this.context;
    const metrics: StepMetrics[] = [];
    for await (const batch of feeder.evaluation(split)) {
      if (trainer.metricsFull) metrics.push(...await trainer.readMetrics());
      trainer.evaluate(feeds(batch));
    }
    metrics.push(...await trainer.readMetrics());
    const examples = data.splits[split].length;
    const loss = metrics.reduce((total, { lossSum }) => total + lossSum, 0) / examples;
    const correct = metrics.reduce((total, m) => total + (m.metrics.correct ?? 0), 0);
    return { loss, correct, accuracy: correct / examples, examples };
  }

  async #update(feeder: BatchFeeder): Promise<Portion> {
    const { trainer, feeds } = this.context;
    const { accumulation, schedule } = this.settings;
    const started = performance.now();
    const submitted = trainer.submitMilliseconds;
    const batches: Batch[] = [];
    while (batches.length < accumulation) batches.push(await feeder.next());
    const sentences = batches.reduce((total, { size }) => total + size, 0);
    const tokens = batches.reduce(
      (total, { lengths, size }) => total + lengths.subarray(0, size).reduce((a, b) => a + b, 0),
      0,
    );
    const update = this.#progress.update + 1;
    trainer.update(update, learningRate(schedule, update - 1), batches.map(feeds), sentences);
    this.#progress.update = update;
    this.#progress.cursor = feeder.cursor;
    this.#hostMilliseconds += performance.now() - started -
      (trainer.submitMilliseconds - submitted);
    return { sentences, tokens };
  }

  /** Trains until the next point of the curve. @returns why the run cannot go on, if so. */
  async #window(feeder: BatchFeeder): Promise<string | undefined> {
    const { trainer, signal } = this.context;
    const { updates, reportEvery, evaluateEvery, checkpointEvery, schedule } = this.settings;
    const started = performance.now();
    const due = () =>
      [reportEvery, evaluateEvery, checkpointEvery].some((every) =>
        this.#progress.update % every === 0
      );
    const done: Portion[] = [];
    do {
      done.push(await this.#update(feeder));
    } while (
      !due() && this.#progress.update < updates && !trainer.metricsFull && !signal?.aborted
    );
    const metrics = await trainer.readMetrics();
    const milliseconds = performance.now() - started;
    this.#trainMilliseconds += milliseconds;
    const sentences = done.reduce((total, step) => total + step.sentences, 0);
    const tokens = done.reduce((total, step) => total + step.tokens, 0);
    const loss = metrics.reduce((total, { lossSum }) => total + lossSum, 0) / sentences;
    const correct = metrics.reduce((total, m) => total + (m.metrics.correct ?? 0), 0);
    const norm = metrics[metrics.length - 1].gradientNorm;
    const { update } = this.#progress;
    const finite = (value: number) => (Number.isFinite(value) ? value : null);
    this.#progress.curve.push({
      step: update,
      loss: finite(loss),
      accuracy: finite(correct / sentences),
      learningRate: learningRate(schedule, update - 1),
      gradientNorm: finite(norm),
    });
    this.#progress.tokens += tokens;
    this.#progress.seconds.train += milliseconds / 1000;
    this.#progress.stepMilliseconds.push(milliseconds / done.length);
    const bad = metrics.findIndex(({ lossSum, gradientNorm }) =>
      !Number.isFinite(lossSum) || !Number.isFinite(gradientNorm)
    );
    if (bad >= 0) {
      const at = update - metrics.length + bad + 1;
      return `loss or gradient norm was not a finite number at update ${at}`;
    }
    if (loss > explodedLoss) return `mean loss ${loss.toPrecision(3)} exploded by update ${update}`;
    this.context.onReport?.({
      update,
      loss,
      accuracy: correct / sentences,
      tokensPerSecond: tokens / (milliseconds / 1000),
      secondsLeft: (updates - update) * this.#progress.seconds.train / update,
    });
    return undefined;
  }

  async #save(name: string): Promise<void> {
    const path = this.#path(name);
    if (path === undefined) return;
    await saveCheckpoint(path, await this.context.trainer.snapshot(), this.#progress);
  }

  async #validate(
    best: { kept: Awaited<ReturnType<Trainer["snapshot"]>> | undefined },
    feeder: BatchFeeder,
  ): Promise<void> {
    const started = performance.now();
    const { update } = this.#progress;
    const { loss, accuracy } = await this.#evaluate("valid", feeder);
    this.#progress.validationCurve.push({ step: update, loss, accuracy });
    if (this.#progress.best === null || accuracy > this.#progress.best.accuracy) {
      this.#progress.best = { step: update, accuracy };
      best.kept = await this.context.trainer.snapshot();
      await this.#save("best.safetensors");
    }
    this.#progress.seconds.evaluate += (performance.now() - started) / 1000;
  }

  /** Runs from the start, or from the checkpoint, to the end. */
  async run(): Promise<RunOutcome> {
    const { trainer, signal, identity } = this.context;
    const { updates, evaluateEvery, checkpointEvery } = this.settings;
    using feeder = this.#openFeeder();
    await this.#start(feeder);
    const best: { kept: Awaited<ReturnType<Trainer["snapshot"]>> | undefined } = {
      kept: undefined,
    };
    while (this.#progress.update < updates) {
      if (signal?.aborted) return await this.#interrupted();
      const trouble = await this.#window(feeder);
      if (trouble !== undefined) return this.#outcome("diverged", trouble, {});
      const { update } = this.#progress;
      if (update % evaluateEvery === 0 || update === updates) await this.#validate(best, feeder);
      if (update % checkpointEvery === 0 || update === updates) {
        await this.#save("last.safetensors");
      }
    }
    const bestPath = this.#path("best.safetensors");
    const state = best.kept ??
      (bestPath === undefined ? undefined : (await loadCheckpoint(bestPath, identity))?.state);
    const started = performance.now();
    if (state) trainer.restoreParameters(state.parameters, state.states);
    const results = {
      valid: await this.#evaluate("valid", feeder),
      test: await this.#evaluate("test", feeder),
    };
    this.#progress.seconds.evaluate += (performance.now() - started) / 1000;
    return this.#outcome("completed", undefined, results);
  }

  async #interrupted(): Promise<RunOutcome> {
    await this.#save("last.safetensors");
    const where = this.context.folder === undefined ? "" : "; --resume continues it";
    return this.#outcome("interrupted", `stopped at update ${this.#progress.update}${where}`, {});
  }

  #outcome(
    status: RunOutcome["status"],
    reason: string | undefined,
    results: RunOutcome["results"],
  ): RunOutcome {
    const hostShare = this.#trainMilliseconds > 0
      ? this.#hostMilliseconds / this.#trainMilliseconds
      : undefined;
    return { status, reason, progress: this.#progress, results, hostShare };
  }
}
