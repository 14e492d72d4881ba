import type { Cell } from "../src/cells/cell.ts";
import type { RunProgress } from "../src/train/progress.ts";
import type { RunReport } from "../src/train/run.ts";
import type { ScoreSpec } from "../src/train/workload.ts";

/** Milliseconds between two writings of the progress file. */
const interval = 2000;

const finite = (value: number) => Number.isFinite(value) ? value : null;

/** Keeps the files of a cell up to date that others look at while it runs. */
export class CellWatch implements AsyncDisposable {
  #written = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> | undefined;
  #failure: unknown;

  constructor(
    private readonly cell: Cell,
    private readonly spec: ScoreSpec,
    private readonly updates: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Writes how far the run is, unless that was written a moment ago. Does not wait. */
  report({ update, loss, score, tokensPerSecond, secondsLeft }: RunReport): void {
    const now = this.now();
    if (this.#writing !== undefined) return;
    if (now - this.#written < interval && update < this.updates) return;
    this.#written = now;
    const { name, unit } = this.spec;
    this.#writing = this.cell.writeProgress({
      update,
      updates: this.updates,
      loss: finite(loss),
      score: { name, unit, value: finite(score) },
      tokensPerSecond: finite(tokensPerSecond),
      secondsLeft: finite(secondsLeft),
      at: new Date().toISOString(),
    }).catch((error) => {
      this.#failure ??= error;
    }).finally(() => {
      this.#writing = undefined;
    });
  }

  /** Keeps the curves beside a checkpoint. @throws {UserError} when the disk is full. */
  async checkpoint({ curve, validationCurve }: RunProgress): Promise<void> {
    await this.finish();
    await this.cell.writeCurve({ curve, validationCurve });
  }

  /** Waits for what is being written. @throws {UserError} when that failed. */
  async finish(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Waits until nothing is being written any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
  }
}
