/**
 * One training run: updates, evaluation on the validation split, best checkpoint, test at the end,
 * checkpoints that a killed run continues from to the same bits.
 */
import { join } from "node:path";
import { FIRST_BATCH } from "../data/batches.ts";
import { loadCheckpoint, type RunProgress, saveCheckpoint } from "./checkpoint.ts";
import { learningRate, type Schedule } from "./schedule.ts";
import type { Session, StepMetrics } from "./session.ts";
import type { TrainedValues } from "./session_state.ts";
import { addUnits, noUnits, sumMetrics } from "./sums.ts";
import type {
  BatchStream,
  BatchUnits,
  DecodedSplit,
  Evaluation,
  EvaluationSpec,
  RunBatch,
  Workload,
} from "./workload.ts";
import { RecentModels } from "./recent_models.ts";
import { primaryScore } from "./workload.ts";

/** How long and in which portions a run trains. */
export interface RunSettings {
  readonly seed: number;
  /** Micro-batches per update. */
  readonly accumulation: number;
  readonly updates: number;
  readonly schedule: Schedule;
  /** Updates between evaluations on the validation split. */
  readonly evaluateEvery: number;
  /** Updates between points of the loss curve; metrics are read back that often. */
  readonly reportEvery: number;
  /** Updates between checkpoints. */
  readonly checkpointEvery: number;
  /**
   * Evaluates the mean of the parameters at the last so many evaluations on the validation split,
   * instead of the best ones.
   */
  readonly averagedModels?: number;
}

/** Progress as it is reported while training. */
export interface RunReport {
  readonly update: number;
  /** Nats per unit of the workload's normaliser. */
  readonly loss: number;
  /** The first score of the workload, on the training batches since the last report. */
  readonly score: number;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

/** What a run needs beside its settings. */
export interface RunContext {
  readonly session: Session;
  readonly workload: Workload;
  /** Folder for checkpoints, or undefined to keep none. */
  readonly folder: string | undefined;
  /** Identity of the run; a checkpoint of another identity is refused. */
  readonly identity: string;
  /** Continue from the checkpoint in `folder` if there is one. */
  readonly resume: boolean;
  /** Seconds already spent on compiling. */
  readonly compileSeconds: number;
  readonly onReport?: (report: RunReport) => void;
  /** Called after `last.safetensors` is written. */
  readonly onCheckpoint?: (progress: RunProgress) => Promise<void>;
  /** Ends the run cleanly after the current update, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** How a run ended and everything it measured. */
export interface RunOutcome {
  readonly status: "completed" | "diverged" | "interrupted";
  readonly reason: string | undefined;
  readonly progress: RunProgress;
  /** Evaluations of the best checkpoint, or of the averaged one; none unless the run completed. */
  readonly results: readonly Evaluation[];
  /** What that model wrote, for workloads that are scored by text. */
  readonly decoded: readonly DecodedSplit[];
  /** Part of the training time that the host spent on waiting for batches and on encoding. */
  readonly hostShare: number | undefined;
}

/** What one update, or some of them, trained on. */
interface Portion {
  readonly units: BatchUnits;
  readonly positions: number;
}

/** Mean loss in nats above which a run counts as exploded. */
const explodedLoss = 1e4;

/** Runs training to its end. See the module comment. */
export class TrainingRun {
  #progress: RunProgress;
  readonly #recent: RecentModels | undefined;
  #hostMilliseconds = 0;
  #trainMilliseconds = 0;

  constructor(private readonly settings: RunSettings, private readonly context: RunContext) {
    this.#progress = {
      format: "mega-webgpu/checkpoint-2",
      run: context.identity,
      update: 0,
      cursor: FIRST_BATCH,
      curve: [],
      validationCurve: [],
      best: null,
      seconds: { compile: context.compileSeconds, train: 0, evaluate: 0 },
      stepMilliseconds: [],
      tokens: 0,
      positions: 0,
    };
    const { averagedModels } = settings;
    this.#recent = averagedModels === undefined
      ? undefined
      : new RecentModels(averagedModels, context.folder, context.identity);
  }

  #path(name: string): string | undefined {
    return this.context.folder === undefined ? undefined : join(this.context.folder, name);
  }

  async #start(stream: BatchStream): Promise<void> {
    const { session, resume, identity } = this.context;
    const path = this.#path("last.safetensors");
    const saved = resume && path !== undefined ? await loadCheckpoint(path, identity) : undefined;
    if (saved) {
      session.restore(saved.state);
      const { seconds } = saved.progress;
      this.#progress = {
        ...saved.progress,
        seconds: { ...seconds, compile: seconds.compile + this.context.compileSeconds },
      };
    } else session.initialize();
    await this.#recent?.resume(this.#progress.update);
    await stream.seek(this.#progress.cursor);
  }

  /** Evaluates the present parameters. */
  async #evaluate(spec: EvaluationSpec, stream: BatchStream): Promise<Evaluation> {
    const { session } = this.context;
    const started = performance.now();
    const metrics: StepMetrics[] = [];
    let units = noUnits;
    for await (const batch of stream.evaluation(spec)) {
      if (session.metricsFull) metrics.push(...await session.readMetrics());
      session.evaluate(batch);
      units = addUnits(units, batch.units);
    }
    metrics.push(...await session.readMetrics());
    const seconds = (performance.now() - started) / 1000;
    return { spec, sums: sumMetrics(metrics, units), seconds };
  }

  async #update(stream: BatchStream): Promise<Portion> {
    const { session, workload } = this.context;
    const { accumulation, schedule } = this.settings;
    const started = performance.now();
    const submitted = session.submitMilliseconds;
    const batches: RunBatch[] = [];
    while (batches.length < accumulation) batches.push(await stream.next());
    const units = batches.reduce((total, batch) => addUnits(total, batch.units), noUnits);
    const update = this.#progress.update + 1;
    const rate = learningRate(schedule, update - 1);
    session.update(update, rate, batches, units[workload.normaliser]);
    this.#progress.update = update;
    this.#progress.cursor = stream.cursor;
    this.#hostMilliseconds += performance.now() - started -
      (session.submitMilliseconds - submitted);
    const positions = batches.reduce((total, batch) => total + batch.positions, 0);
    return { units, positions };
  }

  /** Trains until the next point of the curve. @returns why the run cannot go on, if so. */
  async #window(stream: BatchStream): Promise<string | undefined> {
    const { session, workload, signal } = this.context;
    const { updates, reportEvery, evaluateEvery, checkpointEvery, schedule } = this.settings;
    const started = performance.now();
    const due = () =>
      [reportEvery, evaluateEvery, checkpointEvery].some((every) =>
        this.#progress.update % every === 0
      );
    const done: Portion[] = [];
    do {
      done.push(await this.#update(stream));
    } while (
      !due() && this.#progress.update < updates && !session.metricsFull && !signal?.aborted
    );
    const metrics = await session.readMetrics();
    const milliseconds = performance.now() - started;
    this.#trainMilliseconds += milliseconds;
    const units = done.reduce((total, step) => addUnits(total, step.units), noUnits);
    const sums = sumMetrics(metrics, units);
    const loss = sums.lossSum / units[workload.normaliser];
    // What the model writes is not known of training batches.
    const score = workload.decoding === undefined ? workload.scores[0].of(sums) : null;
    const norm = metrics[metrics.length - 1].gradientNorm;
    const { update, positions } = this.#progress;
    this.#progress.curve.push({
      step: update,
      loss: finite(loss),
      score: score === null ? null : finite(score),
      learningRate: learningRate(schedule, update - 1),
      gradientNorm: finite(norm),
    });
    this.#progress.tokens += units.tokens;
    if (positions !== null) {
      this.#progress.positions = done.reduce((total, step) => total + step.positions, positions);
    }
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
      score: workload.scores[0].of(sums),
      tokensPerSecond: units.tokens / (milliseconds / 1000),
      secondsLeft: (updates - update) * this.#progress.seconds.train / update,
    });
    return undefined;
  }

  /** Writes a checkpoint where there is a folder. @returns What was read back for it. */
  async #save(name: string): Promise<TrainedValues | undefined> {
    const path = this.#path(name);
    if (path === undefined) return undefined;
    const state = await this.context.session.snapshot();
    await saveCheckpoint(path, state, this.#progress);
    return { parameters: state.parameters, states: state.states };
  }

  async #validate(best: { kept: TrainedValues | undefined }, stream: BatchStream): Promise<void> {
    const { session, workload } = this.context;
    const { normaliser, decoding } = workload;
    const { update } = this.#progress;
    const { sums, seconds } = await this.#evaluate({ split: "valid", setting: null }, stream);
    const started = performance.now();
    const value = decoding === undefined
      ? workload.scores[0].of(sums)
      : (await decoding.run(session, "valid", "validation")).scores[0].value;
    const loss = finite(sums.lossSum / sums.units[normaliser]);
    this.#progress.validationCurve.push({ step: update, loss, score: finite(value) });
    const known = this.#progress.best;
    const { higherIsBetter } = primaryScore(workload);
    let present: TrainedValues | undefined;
    if (known === null || (higherIsBetter ? value > known.score : value < known.score)) {
      // What is not a number is worse than any number, whichever way the score points.
      if (Number.isFinite(value)) this.#progress.best = { step: update, score: value };
      present = await this.#save("best.safetensors") ?? await session.trained();
      best.kept = present;
    }
    await this.#recent?.add(present ?? await session.trained(), this.#progress);
    this.#progress.seconds.evaluate += seconds + (performance.now() - started) / 1000;
  }

  /** The model that a run is judged by. */
  async #chosen(kept: TrainedValues | undefined): Promise<TrainedValues | undefined> {
    if (this.#recent !== undefined) return await this.#recent.mean();
    if (kept !== undefined) return kept;
    const path = this.#path("best.safetensors");
    if (path === undefined) return undefined;
    return (await loadCheckpoint(path, this.context.identity))?.state;
  }

  /** Runs from the start, or from the checkpoint, to the end. */
  async run(): Promise<RunOutcome> {
    const { session, workload, signal } = this.context;
    const { updates, evaluateEvery, checkpointEvery, seed } = this.settings;
    using stream = workload.open(seed);
    await this.#start(stream);
    const best: { kept: TrainedValues | undefined } = { kept: undefined };
    while (this.#progress.update < updates) {
      if (signal?.aborted) return await this.#interrupted();
      const trouble = await this.#window(stream);
      if (trouble !== undefined) return this.#outcome("diverged", trouble);
      const { update } = this.#progress;
      if (update % evaluateEvery === 0 || update === updates) await this.#validate(best, stream);
      if (update % checkpointEvery === 0 || update === updates) {
        await this.#save("last.safetensors");
        await this.context.onCheckpoint?.(this.#progress);
      }
    }
    const state = await this.#chosen(best.kept);
    const started = performance.now();
    if (state) session.restoreParameters(state.parameters, state.states);
    const results: Evaluation[] = [];
    for (const spec of workload.evaluations) {
      // The last checkpoint is written; what is left is to evaluate the best one.
      if (signal?.aborted) return this.#stopped();
      results.push(await this.#evaluate(spec, stream));
    }
    const decoded: DecodedSplit[] = [];
    for (const split of workload.decoding?.splits ?? []) {
      if (signal?.aborted) return this.#stopped();
      const text = await workload.decoding?.run(session, split, "final");
      if (text !== undefined) decoded.push(text);
    }
    this.#progress.seconds.evaluate += (performance.now() - started) / 1000;
    return this.#outcome("completed", undefined, results, decoded);
  }

  async #interrupted(): Promise<RunOutcome> {
    await this.#save("last.safetensors");
    return this.#stopped();
  }

  #stopped(): RunOutcome {
    const where = this.context.folder === undefined ? "" : "; --resume continues it";
    return this.#outcome("interrupted", `stopped at update ${this.#progress.update}${where}`);
  }

  #outcome(
    status: RunOutcome["status"],
    reason: string | undefined,
    results: RunOutcome["results"] = [],
    decoded: RunOutcome["decoded"] = [],
  ): RunOutcome {
    const hostShare = this.#trainMilliseconds > 0
      ? this.#hostMilliseconds / this.#trainMilliseconds
      : undefined;
    return { status, reason, progress: this.#progress, results, decoded, hostShare };
  }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
