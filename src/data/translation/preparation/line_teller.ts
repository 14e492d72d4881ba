import type { Print } from "../../data_entry.ts";

const SECONDS_BETWEEN_LINES = 10;

/**
 * Prints now and then how many lines of a step are done and how many a second.
 *
 * @returns Takes the number of lines done since the last call.
 */
export function lineTeller(what: string, total: number, print: Print): (lines: number) => void {
  const started = performance.now();
  let last = started;
  let done = 0;
  return (lines) => {
    done += lines;
    const now = performance.now();
    if (now - last < 1000 * SECONDS_BETWEEN_LINES) return;
    last = now;
    const rate = Math.round(1000 * done / (now - started));
    const share = Math.floor(100 * done / Math.max(1, total));
    print(`${what}: ${done} of ${total} lines (${share} %), ${rate} a second`);
  };
}

/** Prints now and then how many bytes of a file are read. @returns Takes bytes so far and in all. */
export function byteTeller(what: string, print: Print): (done: number, total: number) => void {
  let last = performance.now();
  return (done, total) => {
    const now = performance.now();
    if (now - last < 1000 * SECONDS_BETWEEN_LINES) return;
    last = now;
    const share = Math.floor(100 * done / Math.max(1, total));
    print(`${what}: ${Math.round(done / 1e6)} of ${Math.round(total / 1e6)} MB (${share} %)`);
  };
}
