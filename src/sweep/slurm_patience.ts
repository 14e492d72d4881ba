/** Waiting for a Slurm that does not answer: its controller may be away for minutes. */
import { setTimeout as sleep } from "node:timers/promises";
import { SlurmAway } from "./slurm_client.ts";

/** Settings of a {@link Patience}. */
export interface PatienceOptions {
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  /** Takes a line when Slurm stops answering, and when it answers again. */
  readonly report: (line: string) => void;
  /** Waits for some milliseconds, or until the signal. */
  readonly pause?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const LONGEST_PAUSE_MS = 60_000;

/** See the module comment. */
export class Patience {
  readonly #options: PatienceOptions;
  #failures = 0;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /**
   * Repeats a question until Slurm answers it, or until the signal.
   *
   * @returns The answer, `undefined` after the signal.
   */
  async ask<T>(question: () => Promise<T>): Promise<T | undefined> {
    const { signal, pause = pauseFor } = this.#options;
    while (!signal.aborted) {
      try {
        const answer = await question();
        this.answered();
        return answer;
      } catch (error) {
        await pause(this.failed(error), signal);
      }
    }
    return undefined;
  }

  /** Notes that Slurm answers. */
  answered(): void {
    if (this.#failures > 0) this.#options.report("Slurm answers again");
    this.#failures = 0;
  }

  /**
   * Notes that Slurm does not answer. Other errors are thrown on.
   *
   * @returns How long to wait before the next question, milliseconds.
   */
  failed(error: unknown): number {
    if (!(error instanceof SlurmAway)) throw error;
    if (this.#failures === 0) {
      this.#options.report(`Slurm does not answer (${error.message}): waiting for it`);
    }
    return Math.min(1000 * 2 ** this.#failures++, LONGEST_PAUSE_MS);
  }
}

async function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
