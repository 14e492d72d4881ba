import { join, relative, sep } from "node:path";
import { z } from "zod";
import { UserError } from "../../../errors.ts";
import { writeFileAtomic } from "../../../util/atomic_write.ts";
import { readError } from "../../../util/read_error.ts";
import type { Print } from "../../data_entry.ts";
import type { DataRoot } from "../../data_root.ts";
import { isSettled } from "../../source_files.ts";
import { LARGEST_INPUT, type LineFileFacts, measureLines } from "./line_files.ts";

const memoSchema = z.record(
  z.string(),
  z.strictObject({
    size: z.int(),
    modified: z.number(),
    changed: z.number(),
    inode: z.number(),
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

/** How inputs are measured. */
export interface MeasuringOptions {
  /** No input below it may be a link that leads out of it. */
  readonly root?: DataRoot | undefined;
  readonly print?: Print | undefined;
  /** Read everything, whatever is known, and keep nothing (default false). */
  readonly fresh?: boolean;
}

/**
 * Checksums and numbers of lines of input files. They are kept in the folder of a preparation, so
 * that an unchanged file (size, times and inode) is read once only.
 */
export class MeasuredInputs {
  readonly #path: string;
  readonly #options: MeasuringOptions;
  readonly #memo: Memo;

  private constructor(path: string, options: MeasuringOptions, memo: Memo) {
    this.#path = path;
    this.#options = options;
    this.#memo = memo;
  }

  /** What is known of the inputs of a preparation in `folder`. */
  static async open(folder: string, options: MeasuringOptions = {}): Promise<MeasuredInputs> {
    const path = join(folder, "inputs.json");
    let memo: Memo = {};
    try {
      if (!options.fresh) memo = memoSchema.parse(JSON.parse(await Deno.readTextFile(path)));
    } catch {
      // Nothing is known yet, or a damaged file is written anew.
    }
    return new MeasuredInputs(path, options, memo);
  }

  /** The facts of a file. @throws {UserError} for a missing or empty one. */
  async measure(path: string): Promise<LineFileFacts> {
    const { root, print, fresh } = this.#options;
    const info = root !== undefined && isBelow(path, root.folder)
      ? root.checkFile(path, LARGEST_INPUT)
      : await statFile(path);
    const { size } = info;
    if (size === 0) throw new UserError(`${path}: is empty: get the file anew`);
    const modified = info.mtime?.getTime() ?? 0;
    const changed = info.ctime?.getTime() ?? 0;
    const inode = info.ino ?? 0;
    const known = this.#memo[path];
    if (
      known?.size === size && known.modified === modified && known.changed === changed &&
      known.inode === inode
    ) {
      return { sha256: known.sha256, bytes: size, lines: known.lines };
    }
    if (size > 2 ** 26) print?.(`reading ${path} (${Math.round(size / 1e6)} MB)`);
    const facts = measureLines(path);
    if (!fresh && isSettled(info)) {
      const { sha256, lines } = facts;
      this.#memo[path] = { size, modified, changed, inode, sha256, lines };
      await writeFileAtomic(this.#path, `${JSON.stringify(this.#memo)}\n`);
    }
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

function isBelow(path: string, folder: string): boolean {
  const [first] = relative(folder, path).split(sep);
  return first !== "..";
}

async function statFile(path: string): Promise<Deno.FileInfo> {
  return await Deno.stat(path).catch((error: unknown) => {
    throw readError(error, path);
  });
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
