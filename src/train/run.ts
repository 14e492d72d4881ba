/**
 * One training run: updates, evaluation on the validation split, best checkpoint, test at the end,
 * checkpoints that an interrupted or killed run continues from to the same bits.
 */
import { join } from "node:path";
import { DamagedError } from "../errors.ts";
import { nextTurn } from "../util/event_loop.ts";
import { restIntact } from "../util/sealed_tensors.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { CurveWindow } from "./curve_window.ts";
import { evaluateSplit } from "./evaluate_split.ts";
import { meanModel } from "./mean_model.ts";
import { firstProgress, progressTrouble, type RunProgress, validationPending } from "./progress.ts";
import type { RunContext, RunOutcome, RunReport } from "./run_context.ts";
import { modelNames, RunModels } from "./run_models.ts";
import { checkpointDue, pointDue, type RunSettings } from "./run_settings.ts";
import { learningRate } from "./schedule.ts";
import type { TrainedValues } from "./session_state.ts";
import { addUnits, noUnits } from "./sums.ts";
import type {
  BatchStream,
  DecodedSplit,
  Evaluation,
  EvaluationSpec,
  RunBatch,
} from "./workload.ts";
import { primaryScore } from "./workload.ts";

export type { RunContext, RunOutcome, RunProgress, RunReport, RunSettings };

/** Mean loss in nats above which a run counts as exploded. */
const explodedLoss = 1e4;

/** Updates are queued for so many milliseconds at most: an interruption does not wait for longer. */
const mostQueued = 2000;

/**
 * Runs training to its end. What comes next follows from the progress record alone: the evaluation that
 * is due, else the checkpoint that is due, else updates until the next point of the curve.
 */
export class TrainingRun {
  #progress: RunProgress;
  #window = new CurveWindow();
  readonly #models: RunModels;
  /** Models that the checkpoint in the folder refers to. */
  #saved: ReadonlySet<string> = new Set();
  /** Whether there is progress that the checkpoint does not hold. */
  #unsaved = false;
  #hostMilliseconds = 0;
  #trainMilliseconds = 0;

  constructor(private readonly settings: RunSettings, private readonly context: RunContext) {
    const { averagedModels } = settings;
    if (averagedModels !== undefined && !(averagedModels >= 1)) {
      throw new RangeError(`cannot average ${averagedModels} models`);
    }
    this.#progress = firstProgress(context.identity, context.compileSeconds);
    this.#models = new RunModels(context.folder, context.identity);
  }

  /** Path of the checkpoint. */
  get #last(): string | undefined {
    const { folder } = this.context;
    return folder === undefined ? undefined : join(folder, "last.safetensors");
  }

  /**
   * Runs from the start, or from the checkpoint, to the end.
   *
   * @throws {UserError} when a file of the run is damaged or missing or cannot be written; nothing is
   *   deleted, and the checkpoint stays as it was.
   * @throws {DeviceLostError} when the device is lost; likewise.
   */
  async run(): Promise<RunOutcome> {
    const { workload, signal } = this.context;
    using stream = workload.open(this.settings.seed);
    await this.#start(stream);
    try {
      while (!this.#trained) {
        signal?.throwIfAborted();
        const trouble = await this.#advance(stream);
        if (trouble !== undefined) return this.#outcome("diverged", trouble);
      }
      return await this.#conclude(stream);
    } catch (error) {
      if (!signal?.aborted || error !== signal.reason) throw error;
      if (this.#unsaved) await this.#save();
      return this.#outcome("interrupted", `stopped at update ${this.#progress.update}`);
    }
  }

  async #start(stream: BatchStream): Promise<void> {
    const { session, resume, identity, compileSeconds } = this.context;
    const path = this.#last;
    const saved = resume && path !== undefined ? await loadCheckpoint(path, identity) : undefined;
    if (path === undefined || saved === undefined) return session.initialize();
    const { progress, state } = saved;
    const trouble = progressTrouble(progress, this.settings);
    if (trouble !== undefined) {
      throw new DamagedError(
        `${path}: its progress does not fit the settings of the run (${trouble}); ${restIntact}`,
      );
    }
    await this.#models.check(progress);
    try {
      session.restore(state);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new DamagedError(`${path}: holds another model (${error.message}); ${restIntact}`);
    }
    await stream.seek(progress.cursor);
    const { seconds, window } = progress;
    this.#progress = {
      ...progress,
      window: null,
      seconds: { ...seconds, compile: seconds.compile + compileSeconds },
    };
    this.#window = new CurveWindow(window);
    this.#saved = modelNames(progress);
  }

  /** Whether nothing is left but the evaluations at the end. */
  get #trained(): boolean {
    return this.#progress.update >= this.settings.updates && !this.#unsaved &&
      !validationPending(this.#progress, this.settings);
  }

  /** Does what is due next. @returns Why the run cannot go on, if so. */
  async #advance(stream: BatchStream): Promise<string | undefined> {
    if (validationPending(this.#progress, this.settings)) await this.#validate(stream);
    else if (this.#unsaved && checkpointDue(this.settings, this.#progress.update)) {
      await this.#save();
    } else return await this.#train(stream);
  }

  async #update(stream: BatchStream): Promise<void> {
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
    this.#unsaved = true;
    this.#progress.update = update;
    this.#progress.cursor = stream.cursor;
    this.#window.count(batches);
    this.#hostMilliseconds += performance.now() - started -
      (session.submitMilliseconds - submitted);
  }

  /** Trains until the next point of the curve, or an interruption. @returns as `#advance`. */
  async #train(stream: BatchStream): Promise<string | undefined> {
    const { session, signal } = this.context;
    const started = performance.now();
    // How long an update takes is known after the first window.
    const most = Math.floor(mostQueued / (this.#progress.stepMilliseconds.at(-1) ?? mostQueued));
    let queued = 0;
    do {
      await this.#update(stream);
      queued++;
      if (queued >= most || session.metricsFull) {
        this.#window.measure(await session.readMetrics());
        queued = 0;
      }
      await nextTurn();
    } while (!pointDue(this.settings, this.#progress.update) && !signal?.aborted);
    this.#window.measure(await session.readMetrics());
    const milliseconds = performance.now() - started;
    this.#window.spend(milliseconds);
    this.#trainMilliseconds += milliseconds;
    return pointDue(this.settings, this.#progress.update) ? this.#addPoint() : undefined;
  }

  /** Ends the window with a point of the curve. @returns as `#advance`. */
  #addPoint(): string | undefined {
    const { workload, onReport } = this.context;
    const { schedule, updates } = this.settings;
    const window = this.#window;
    this.#window = new CurveWindow();
    const { sums, milliseconds } = window;
    const { update } = this.#progress;
    const loss = sums.lossSum / sums.units[workload.normaliser];
    const score = workload.scores[0].of(sums);
    this.#progress.curve.push({
      step: update,
      loss: finite(loss),
      // What the model writes is not known of training batches.
      score: workload.decoding === undefined ? finite(score) : null,
      learningRate: learningRate(schedule, update - 1),
      gradientNorm: finite(window.gradientNorm),
    });
    window.addTo(this.#progress);
    const bad = window.firstBad(update);
    if (bad !== undefined) return `loss or gradient norm was not a finite number at update ${bad}`;
    if (loss > explodedLoss) return `mean loss ${loss.toPrecision(3)} exploded by update ${update}`;
    onReport?.({
      update,
      loss,
      score,
      tokensPerSecond: sums.units.tokens / (milliseconds / 1000),
      secondsLeft: (updates - update) * this.#progress.seconds.train / update,
    });
  }

  /** Writes a checkpoint where there is a folder, and then removes the models that only older ones need. */
  async #save(): Promise<void> {
    const path = this.#last;
    if (path !== undefined) {
      const progress = { ...this.#progress, window: this.#window.begun };
      await this.context.mayWrite?.();
      await saveCheckpoint(path, await this.context.session.snapshot(), progress);
      this.#saved = modelNames(progress);
      await this.context.onCheckpoint?.(progress);
      await this.#models.removeOthers(this.#saved);
    }
    this.#unsaved = false;
  }

  /** Evaluates the present parameters. Rejects with the signal's reason when it is aborted. */
  #evaluate(spec: EvaluationSpec, stream: BatchStream): Promise<Evaluation> {
    const { session, signal } = this.context;
    return evaluateSplit(session, stream, spec, signal);
  }

  async #validate(stream: BatchStream): Promise<void> {
    const { session, workload, signal } = this.context;
    const { decoding, normaliser } = workload;
    const { update, best: known, recent } = this.#progress;
    const { sums, seconds } = await this.#evaluate({ split: "valid", setting: null }, stream);
    const started = performance.now();
    const value = decoding === undefined
      ? workload.scores[0].of(sums)
      : (await decoding.run(session, "valid", "validation", signal)).scores[0].value;
    const { higherIsBetter } = primaryScore(workload);
    // What is not a number is worse than any number, whichever way the score points.
    const better = Number.isFinite(value) &&
      (known === null || (higherIsBetter ? value > known.score : value < known.score));
    const { averagedModels } = this.settings;
    const next = { best: known, recent };
    if (better || averagedModels !== undefined) {
      const values = await session.trained();
      await this.context.mayWrite?.();
      if (better) next.best = { ...await this.#models.keep("best", update, values), score: value };
      if (averagedModels !== undefined) {
        const model = await this.#models.keep("recent", update, values);
        next.recent = [...recent, model].slice(-averagedModels);
      }
    }
    const loss = finite(sums.lossSum / sums.units[normaliser]);
    const before = modelNames(this.#progress);
    this.#progress = { ...this.#progress, ...next };
    this.#progress.validationCurve.push({ step: update, loss, score: finite(value) });
    this.#progress.seconds.evaluate += seconds + (performance.now() - started) / 1000;
    this.#unsaved = true;
    const needed = modelNames(this.#progress).union(this.#saved);
    await this.#models.remove(before.difference(needed));
  }

  /** The model that a run is judged by; `undefined` for the present one. */
  async #chosen(): Promise<TrainedValues | undefined> {
    const { best, recent } = this.#progress;
    if (recent.length === 0) {
      return best === null ? undefined : await this.#models.load("best", best);
    }
    const models = this.#models;
    return await meanModel((async function* () {
      for (const model of recent) yield await models.load("recent", model);
    })());
  }

  /** Evaluates the chosen model. Everything is saved: an interruption has nothing to write. */
  async #conclude(stream: BatchStream): Promise<RunOutcome> {
    const { session, workload: { evaluations, decoding }, signal } = this.context;
    const chosen = await this.#chosen();
    const started = performance.now();
    if (chosen) session.restoreParameters(chosen.parameters, chosen.states);
    const results: Evaluation[] = [];
    for (const spec of evaluations) results.push(await this.#evaluate(spec, stream));
    const decoded: DecodedSplit[] = [];
    for (const split of decoding?.splits ?? []) {
      signal?.throwIfAborted();
      const text = await decoding?.run(session, split, "final", signal);
      if (text !== undefined) decoded.push(text);
    }
    this.#progress.seconds.evaluate += (performance.now() - started) / 1000;
    return this.#outcome("completed", undefined, results, decoded);
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
