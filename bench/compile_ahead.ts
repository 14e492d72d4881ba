/**
 * Compiles the kernels of later runs while earlier ones run. A software driver compiles on one
 * thread and keeps what it compiled in a cache on disk, so a second thread can fill that cache.
 */
import type { RunRecipe } from "../src/workloads/recipe.ts";

/** What the worker is told first. */
export interface CompileAheadSetup {
  readonly recipes: readonly RunRecipe[];
  /** One element: the number of the run that has started last. */
  readonly started: Int32Array;
}

/** See the module comment. Dispose of it when the runs have ended. */
export class CompileAhead implements Disposable {
  readonly #worker: Worker;
  readonly #started = new Int32Array(new SharedArrayBuffer(4));

  /**
   * Starts with the last run and goes on until it meets the runs that have started.
   *
   * @param failed Is told why it gave up, if it did; the runs then compile for themselves.
   */
  constructor(recipes: readonly RunRecipe[], failed: (reason: string) => void) {
    this.#worker = new Worker(new URL("./compile_ahead_worker.ts", import.meta.url), {
      type: "module",
      name: "compiler",
    });
    this.#worker.onerror = (event) => {
      event.preventDefault();
      failed(event.message);
    };
    const setup: CompileAheadSetup = { recipes, started: this.#started };
    this.#worker.postMessage(setup);
  }

  /** Leaves a run, counted from 0, and those before it alone from now on. */
  start(run: number): void {
    Atomics.store(this.#started, 0, run);
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
