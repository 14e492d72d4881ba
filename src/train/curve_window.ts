/** The updates that a point of the loss curve is made of, also across an interruption. */
import type { PartialWindow, RunProgress } from "./progress.ts";
import type { StepMetrics } from "./session.ts";
import { addUnits, noUnits, sumMetrics } from "./sums.ts";
import type { RunBatch, ScoreSums } from "./workload.ts";

/** See the module comment. */
export class CurveWindow {
  readonly #metrics: StepMetrics[];
  #units = noUnits;
  #positions = 0;
  #milliseconds = 0;

  /** @param begun What an interrupted attempt has trained since the last point. */
  constructor(begun: PartialWindow | null = null) {
    this.#metrics = [...begun?.metrics ?? []];
    if (begun === null) return;
    this.#units = begun.units;
    this.#positions = begun.positions;
    this.#milliseconds = begun.milliseconds;
  }

  /** Counts the batches of an update. */
  count(batches: readonly Pick<RunBatch, "units" | "positions">[]): void {
    for (const { units, positions } of batches) {
      this.#units = addUnits(this.#units, units);
      this.#positions += positions;
    }
  }

  /** Takes the metrics of updates, in order. */
  measure(metrics: readonly StepMetrics[]): void {
    this.#metrics.push(...metrics);
  }

  /** Takes time that was spent on updates. */
  spend(milliseconds: number): void {
    this.#milliseconds += milliseconds;
  }

  /** What has to be stored to go on later; `null` where nothing has. */
  get begun(): PartialWindow | null {
    if (this.#metrics.length === 0) return null;
    return {
      metrics: this.#metrics.map(({ lossSum, gradientNorm, metrics }) => ({
        lossSum,
        gradientNorm,
        metrics: { ...metrics },
      })),
      units: this.#units,
      positions: this.#positions,
      milliseconds: this.#milliseconds,
    };
  }

  /** Sums over the updates. */
  get sums(): ScoreSums {
    return sumMetrics(this.#metrics, this.#units);
  }

  /** Global norm of the gradient of the last update. */
  get gradientNorm(): number {
    return this.#metrics.at(-1)?.gradientNorm ?? NaN;
  }

  get milliseconds(): number {
    return this.#milliseconds;
  }

  /** The first update whose loss or gradient norm is no finite number. @param last Number of the last one. */
  firstBad(last: number): number | undefined {
    const bad = this.#metrics.findIndex(({ lossSum, gradientNorm }) =>
      !Number.isFinite(lossSum) || !Number.isFinite(gradientNorm)
    );
    return bad < 0 ? undefined : last - this.#metrics.length + bad + 1;
  }

  /** Adds what was counted to the totals of a run. */
  addTo(progress: RunProgress): void {
    progress.tokens += this.#units.tokens;
    progress.positions += this.#positions;
    progress.seconds.train += this.#milliseconds / 1000;
    progress.stepMilliseconds.push(this.#milliseconds / this.#metrics.length);
  }
}
