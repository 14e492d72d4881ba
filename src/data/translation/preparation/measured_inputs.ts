import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../../errors.ts";
import { writeFileAtomic } from "../../../util/atomic_write.ts";
import { readError } from "../../../util/read_error.ts";
import type { Print } from "../../data_entry.ts";
import { type LineFileFacts, measureLines } from "./line_files.ts";

const memoSchema = z.record(
  z.string(),
  z.strictObject({
    size: z.int(),
    modified: z.number(),
    sha256: z.string(),
    lines: z.int(),
  }),
);
type Memo = z.infer<typeof memoSchema>;

/** Two files whose lines belong together by number. */
export interface ParallelFiles {
  /** Name of the text, such as `europarl-v7`. */
  readonly name: string;
  readonly en: string;
  readonly de: string;
}

/**
 * Checksums and numbers of lines of input files. They are kept in the folder of a preparation, so
 * that an unchanged file (size and time of change) is read once only.
 */
export class MeasuredInputs {
  readonly #path: string;
  readonly #print: Print;
  readonly #memo: Memo;

  private constructor(path: string, print: Print, memo: Memo) {
    this.#path = path;
    this.#print = print;
    this.#memo = memo;
  }

  /** What is known of the inputs of a preparation in `folder`. */
  static async open(folder: string, print: Print): Promise<MeasuredInputs> {
    const path = join(folder, "inputs.json");
    let memo: Memo = {};
    try {
      memo = memoSchema.parse(JSON.parse(await Deno.readTextFile(path)));
    } catch {
      // Nothing is known yet, or a damaged file is written anew.
    }
    return new MeasuredInputs(path, print, memo);
  }

  /** The facts of a file. @throws {UserError} for a missing or empty one. */
  async measure(path: string): Promise<LineFileFacts> {
    const info = await Deno.stat(path).catch((error: unknown) => {
      throw readError(error, path);
    });
    if (info.size === 0) throw new UserError(`${path}: is empty: get the file anew`);
    const modified = info.mtime?.getTime() ?? 0;
    const known = this.#memo[path];
    if (known !== undefined && known.size === info.size && known.modified === modified) {
      return { sha256: known.sha256, bytes: known.size, lines: known.lines };
    }
    if (info.size > 2 ** 26) this.#print(`reading ${path} (${Math.round(info.size / 1e6)} MB)`);
    const facts = measureLines(path);
    this.#memo[path] = { size: info.size, modified, sha256: facts.sha256, lines: facts.lines };
    await writeFileAtomic(this.#path, `${JSON.stringify(this.#memo)}\n`);
    return facts;
  }

  /**
   * The facts of two parallel files.
   *
   * @throws {UserError} also when one has more lines than the other.
   */
  async measurePair({ en, de }: ParallelFiles): Promise<{ en: LineFileFacts; de: LineFileFacts }> {
    const facts = { en: await this.measure(en), de: await this.measure(de) };
    checkSameLines({ en, de }, facts.en.lines, facts.de.lines);
    return facts;
  }
}

/**
 * The number of lines of two parallel files.
 *
 * @throws {UserError} when they differ.
 */
export function checkSameLines(
  { en, de }: Pick<ParallelFiles, "en" | "de">,
  english: number,
  german: number,
): number {
  if (english === german) return english;
  throw new UserError(
    `${en} has ${english} lines and ${de} ${german}: they must belong together line by line: ` +
      "get both anew",
  );
}
