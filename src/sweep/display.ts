/** Shows a sweep while it runs. */
import { cleanLine } from "../util/clean_text.ts";
import { inspectTerminal } from "../util/terminal.ts";
import { writeText } from "../util/write_text.ts";
import { headline, jobName, sweepTable, type TableOptions } from "./table.ts";
import { hasRow, type JobView } from "./views.ts";

/** Where the display goes; every field has a default. */
export interface DisplayOptions {
  /** Receives text; standard error unless told. */
  readonly write?: (text: string) => void;
  readonly isTerminal?: boolean;
  readonly colour?: boolean;
  readonly size?: () => { readonly width: number; readonly height: number };
  /** Clock in milliseconds. */
  readonly now?: () => number;
}

/** Seconds between two plain lines on the whole sweep. */
const PLAIN_SECONDS = 15;

/** Columns and lines of the terminal; all lines where there is none. */
export function terminalSize(): { width: number; height: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    return { width: columns || 100, height: Math.max(10, rows - 1) };
  } catch {
    return { width: 100, height: Infinity };
  }
}

/**
 * A table that is drawn again in place on a terminal. Elsewhere plain lines: one when a job ends, and
 * one on the whole sweep now and then.
 */
export class SweepDisplay {
  readonly #about: Pick<TableOptions, "name" | "plan" | "processes">;
  readonly #write: (text: string) => void;
  readonly #isTerminal: boolean;
  readonly #colour: boolean;
  readonly #size: () => { readonly width: number; readonly height: number };
  readonly #now: () => number;
  #lines = 0;
  #plainAt = -Infinity;
  #phases: ReadonlyMap<number, string> | undefined;

  constructor(
    about: Pick<TableOptions, "name" | "plan" | "processes">,
    options: DisplayOptions = {},
  ) {
    const terminal = inspectTerminal(Deno.stderr);
    this.#about = about;
    this.#write = options.write ?? ((text) => writeText(Deno.stderr, text));
    this.#isTerminal = options.isTerminal ?? terminal.isTerminal;
    this.#colour = options.colour ?? terminal.colour;
    this.#size = options.size ?? terminalSize;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Shows the jobs as they are now. */
  update(views: readonly JobView[]): void {
    if (this.#isTerminal) this.#draw(views);
    else this.#tell(views);
  }

  /** Prints a line that stays, above the table. */
  message(line: string): void {
    this.clear();
    this.#write(`${line}\n`);
  }

  /** Removes the table, so that ordinary output can follow. */
  clear(): void {
    if (this.#lines > 0) this.#write(`\x1b[${this.#lines}A\r\x1b[J`);
    this.#lines = 0;
  }

  #draw(views: readonly JobView[]): void {
    const text = sweepTable(views, { ...this.#about, ...this.#size(), colour: this.#colour });
    const back = this.#lines > 0 ? `\x1b[${this.#lines}A\r` : "";
    this.#write(`${back}\x1b[J${text}\n`);
    this.#lines = text.split("\n").length;
  }

  #tell(views: readonly JobView[]): void {
    const before = this.#phases;
    this.#phases = new Map(views.map(({ job, phase }) => [job.index, phase]));
    for (const view of views) {
      const { job, phase, reason } = view;
      if (before === undefined || before.get(job.index) === phase) continue;
      if (!hasRow(view) && phase !== "failed" && phase !== "locked") continue;
      const why = reason === null ? "" : ` (${reason})`;
      this.#write(`${cleanLine(`${jobName(view)}: ${phase}${why}`)}\n`);
    }
    const now = this.#now();
    if (now - this.#plainAt < 1000 * PLAIN_SECONDS) return;
    this.#plainAt = now;
    this.#write(`${headline(views, this.#about)}\n`);
  }
}
