import { nowAndThen } from "../../../util/now_and_then.ts";
import type { Print } from "../../data_entry.ts";

/**
 * Prints now and then how many lines of a step are done and how many a second.
 *
 * @returns Takes the number of lines done since the last call.
 */
export function lineTeller(what: string, total: number, print: Print): (lines: number) => void {
  const started = performance.now();
  const due = nowAndThen();
  let done = 0;
  return (lines) => {
    done += lines;
    if (!due()) return;
    const rate = Math.round(1000 * done / (performance.now() - started));
    const share = Math.floor(100 * done / Math.max(1, total));
    print(`${what}: ${done} of ${total} lines (${share} %), ${rate} a second`);
  };
}

/** Prints now and then how many bytes of a file are read. @returns Takes bytes so far and in all. */
export function byteTeller(what: string, print: Print): (done: number, total: number) => void {
  const due = nowAndThen();
  return (done, total) => {
    if (!due()) return;
    const share = Math.floor(100 * done / Math.max(1, total));
    print(`${what}: ${Math.round(done / 1e6)} of ${Math.round(total / 1e6)} MB (${share} %)`);
  };
}
