import { formatBytes, formatDuration } from "./format.ts";
import { inspectTerminal } from "./terminal.ts";
import { writeText } from "./write_text.ts";

/** Where the progress of a transfer goes; every field has a default. */
export interface TransferProgressOptions {
  /** Receives text; standard error unless told. */
  readonly write?: (text: string) => void;
  readonly isTerminal?: boolean;
  /** Clock in milliseconds. */
  readonly now?: () => number;
}

/** Seconds between two drawings on a terminal, and between two plain lines. */
const intervals = { terminal: 0.1, plain: 10 };

/**
 * Shows how far a download is: one line rewritten in place on a terminal, a plain line now and then
 * elsewhere. Returns the function that takes bytes done and, where the server says, bytes in all.
 *
 * @param name What is transferred.
 */
export function transferProgress(
  name: string,
  options: TransferProgressOptions = {},
): (done: number, total: number | undefined) => void {
  const terminal = options.isTerminal ?? inspectTerminal(Deno.stderr).isTerminal;
  const write = options.write ?? ((text: string) => writeText(Deno.stderr, text));
  const now = options.now ?? (() => performance.now());
  const interval = 1000 * (terminal ? intervals.terminal : intervals.plain);
  let shown = Number.NEGATIVE_INFINITY;
  let first: { readonly at: number; readonly done: number } | undefined;
  return (done, total) => {
    const at = now();
    // A resumed transfer starts with what is there already; only the rest tells the speed.
    first ??= { at, done };
    const complete = total !== undefined && done >= total;
    if (!complete && at - shown < interval) return;
    shown = at;
    const rate = (done - first.done) / (at - first.at) * 1000;
    const parts = [
      total === undefined
        ? formatBytes(done)
        : `${formatBytes(done)} of ${formatBytes(total)} (${Math.floor(100 * done / total)} %)`,
    ];
    if (Number.isFinite(rate) && rate > 0) {
      parts.push(`${formatBytes(rate)}/s`);
      if (total !== undefined && !complete) {
        parts.push(`${formatDuration((total - done) / rate)} left`);
      }
    }
    const line = `${name}: ${parts.join(", ")}`;
    write(terminal ? `\r${line}\x1b[K${complete ? "\n" : ""}` : `${line}\n`);
  };
}
