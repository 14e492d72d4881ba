import { join } from "node:path";
import { UserError } from "../../../errors.ts";
import { CorpusCleaner } from "../moses/clean_corpus.ts";
import { type LineFileFacts, LineWriter, readFileLines } from "./line_files.ts";
import type { ParallelFiles } from "./measured_inputs.ts";

/** Which pairs are kept. */
export interface CleanLimits {
  /** Fewest words of a side. */
  readonly min: number;
  /** Most words of a side. */
  readonly max: number;
  /** Most words of one side for a word of the other. */
  readonly ratio: number;
}

const PAIRS_BETWEEN_REPORTS = 10_000;

/**
 * Joins parallel files and leaves out pairs of unsuitable length, as `clean-corpus-n.perl` of Moses
 * does; without limits every pair is copied.
 *
 * @param onLines Called now and then with the number of pairs read since the last call.
 * @returns Facts of the files `en` and `de` that were written to `folder`.
 * @throws {UserError} when files of a pair have different numbers of lines, and for a full disk.
 */
export function cleanPairs(
  parts: readonly ParallelFiles[],
  folder: string,
  limits: CleanLimits | undefined,
  onLines: (lines: number) => void,
): { en: LineFileFacts; de: LineFileFacts } {
  const cleaner = limits === undefined ? undefined : new CorpusCleaner(limits);
  using en = new LineWriter(join(folder, "en"));
  using de = new LineWriter(join(folder, "de"));
  for (const part of parts) {
    using english = readFileLines(part.en);
    using german = readFileLines(part.de);
    for (let number = 1;; number++) {
      const [first, second] = [nextOf(english), nextOf(german)];
      if (first === undefined && second === undefined) break;
      if (first === undefined || second === undefined) {
        throw new UserError(`${part.en} and ${part.de} have different numbers of lines`);
      }
      if (number % PAIRS_BETWEEN_REPORTS === 0) onLines(PAIRS_BETWEEN_REPORTS);
      const kept = cleaner === undefined
        ? { source: first, target: second }
        : cleaner.clean(first, second);
      if (kept === undefined) continue;
      en.add(kept.source);
      de.add(kept.target);
    }
  }
  return { en: en.finish(), de: de.finish() };
}

/** The next line, undefined after the last. */
function nextOf(lines: Iterator<string>): string | undefined {
  const { done, value } = lines.next();
  return done ? undefined : value;
}
