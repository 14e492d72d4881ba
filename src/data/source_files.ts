import { join, resolve } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.ts";
import { writeFileAtomic } from "../util/atomic_write.ts";
import { formatBytes } from "../util/format.ts";
import { readError } from "../util/read_error.ts";
import { openRegularSync, readRegularText } from "../util/read_regular.ts";
import { Sha256, sha256Hex } from "../util/sha256.ts";
import type { Print } from "./data_entry.ts";
import type { DataRoot } from "./data_root.ts";

/** The files that a data set is made from. */
export interface SourceList {
  readonly root: DataRoot;
  /** Where the names begin, at or below the root. */
  readonly folder: string;
  /** In the order in which they count. */
  readonly names: readonly string[];
  /** Largest size of one of them, bytes. */
  readonly atMost: number;
}

/** Where former measurements are kept, and whether they are believed. */
export interface MeasureOptions {
  readonly cacheDir: string;
  readonly print?: Print | undefined;
  /** Read everything, whatever is known (default false). */
  readonly fresh?: boolean | undefined;
  /** Now, ms since 1970. */
  readonly now?: number | undefined;
}

const memoSchema = z.strictObject({
  stamp: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  lines: z.array(z.int().nonnegative()),
});
type Memo = z.infer<typeof memoSchema>;

const CHUNK = 1 << 20;
const LF = 10;
const LARGEST_MEMO = 64 * 2 ** 20;
/** From so many bytes on, the user is told what takes a while. */
const LONG_READ = 2 ** 27;
/** Times of files are only known to a second: a file this young may change and look the same, ms. */
const YOUNG = 2_000;

/**
 * What a set of files holds. They are read in full once; as long as all of them keep size, times
 * and inode, what was found is believed (one stat per file).
 */
export class SourceFiles {
  /** Over names, sizes and bytes of all files. */
  readonly sha256: string;
  /** Lines of each file, in the order of the names; a last one without line end counts. */
  readonly lines: readonly number[];
  readonly #list: SourceList;
  readonly #stamp: string;

  private constructor(list: SourceList, { stamp, sha256, lines }: Memo) {
    this.#list = list;
    this.#stamp = stamp;
    this.sha256 = sha256;
    this.lines = lines;
  }

  /**
   * Measures files, or finds that they were measured before.
   *
   * @throws {UserError} for a file that is missing, no regular file, too large or outside the root.
   */
  static async measure(list: SourceList, options: MeasureOptions): Promise<SourceFiles> {
    const { cacheDir, print, fresh = false, now = Date.now() } = options;
    const { stamp, bytes, newest } = stampOf(list);
    const place = JSON.stringify([resolve(list.folder), list.names]);
    const path = join(cacheDir, "sources", `${sha256Hex(place).slice(0, 16)}.json`);
    const known = fresh ? undefined : await readMemo(path);
    if (known?.stamp === stamp) return new SourceFiles(list, known);
    if (bytes > LONG_READ) print?.(`reading ${formatBytes(bytes)} in ${list.folder}`);
    const memo = { stamp, ...readAll(list) };
    const measured = new SourceFiles(list, memo);
    measured.checkUnchanged();
    if (newest < now - YOUNG) await keep(path, memo);
    return measured;
  }

  /** @throws {UserError} when a file was changed since it was measured. */
  checkUnchanged(): void {
    if (stampOf(this.#list).stamp === this.#stamp) return;
    throw new UserError(`${this.#list.folder}: was changed while it was read: try again`);
  }
}

function times({ mtime, ctime }: Pick<Deno.FileInfo, "mtime" | "ctime">): [number, number] {
  return [mtime?.getTime() ?? 0, ctime?.getTime() ?? 0];
}

/** Whether a change of a file from now on would show in its times. @param now ms since 1970. */
export function isSettled(
  info: Pick<Deno.FileInfo, "mtime" | "ctime">,
  now: number = Date.now(),
): boolean {
  return Math.max(...times(info)) < now - YOUNG;
}

/** Sizes, times and inodes of files, the sum of their sizes, and the latest change, ms. */
function stampOf({ root, folder, names, atMost }: SourceList) {
  const hash = new Sha256();
  let bytes = 0;
  let newest = 0;
  for (const name of names) {
    const { size, mtime, ctime, ino } = root.checkFile(join(folder, name), atMost);
    const [modified, changed] = times({ mtime, ctime });
    hash.update(`${name}\n${size} ${modified} ${changed} ${ino}\n`);
    bytes += size;
    newest = Math.max(newest, modified, changed);
  }
  return { stamp: hash.digest(), bytes, newest };
}

function readAll({ folder, names, atMost }: SourceList): Omit<Memo, "stamp"> {
  const hash = new Sha256();
  const buffer = new Uint8Array(CHUNK);
  const lines = names.map((name) => {
    const path = join(folder, name);
    using file = openRegularSync(path, atMost);
    try {
      hash.update(`${name}\n${file.statSync().size}\n`);
      let ends = 0;
      let last = LF;
      for (let n = file.readSync(buffer); n !== null; n = file.readSync(buffer)) {
        const piece = buffer.subarray(0, n);
        hash.update(piece);
        for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, at + 1)) ends++;
        if (n > 0) last = piece[n - 1];
      }
      return last === LF ? ends : ends + 1;
    } catch (error) {
      throw readError(error, path);
    }
  });
  return { sha256: hash.digest(), lines };
}

/** A measurement that cannot be kept is taken again: that costs time only. */
async function keep(path: string, memo: Memo): Promise<void> {
  try {
    await writeFileAtomic(path, `${JSON.stringify(memo)}\n`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

async function readMemo(path: string): Promise<Memo | undefined> {
  try {
    return memoSchema.parse(JSON.parse(await readRegularText(path, LARGEST_MEMO)));
  } catch {
    return undefined;
  }
}
