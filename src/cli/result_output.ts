/** Where a result goes, and that it takes nothing else's place. */
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../errors.ts";
import type { Result } from "../results/schema.ts";
import { defaultResultPath, writeResult } from "../results/store.ts";
import { AtomicFile } from "../util/atomic_write.ts";
import { ifPresent, isPresent } from "../util/read_error.ts";
import { RESULTS_FOLDER } from "./paths.ts";

/**
 * Checks a name that was asked for, before anything is computed.
 *
 * @returns The absolute path.
 * @throws {UserError} when it does not end in `.json`, is a folder, is taken, or cannot be written.
 */
export async function checkOutput(output: string, overwrite: boolean): Promise<string> {
  if (!output.endsWith(".json")) {
    throw new UserError(`--output ${output || '""'}: give a file whose name ends in .json`);
  }
  const path = resolve(output);
  const found = await ifPresent(path, Deno.lstat(path));
  if (found?.isDirectory) throw new UserError(`--output ${output}: this is a folder`);
  if (found !== undefined && !overwrite) {
    throw new UserError(
      `--output ${output}: already exists: choose another name, or add --overwrite to replace it`,
    );
  }
  await probe(path);
  return path;
}

/** Makes sure that a file can be written, and leaves nothing behind. */
async function probe(path: string): Promise<void> {
  const made: string[] = [];
  for (let folder = dirname(path); await isMissing(folder); folder = dirname(folder)) {
    made.push(folder);
  }
  await (await AtomicFile.create(path))[Symbol.asyncDispose]();
  for (const folder of made) await Deno.remove(folder);
}

/** Whether a folder is known not to be there: a command may look at the folder of its output alone. */
async function isMissing(folder: string): Promise<boolean> {
  try {
    return !await isPresent(folder);
  } catch (error) {
    const cause = error instanceof UserError ? error.cause : error;
    if (cause instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}

/** The file of a result that grows while it is measured: what was measured is never only in memory. */
export class ResultFile {
  #path: string | undefined;

  /**
   * @param output The file that was asked for; `undefined` for the first free name.
   * @param replace Whether a file that exists already may be replaced.
   */
  constructor(private readonly output: string | undefined, private readonly replace: boolean) {}

  /** Where the result is, once it was written. */
  get path(): string | undefined {
    return this.#path;
  }

  /**
   * Writes the result as it is now.
   *
   * @returns Where it is. @throws {UserError} when it cannot be written, or would replace another's.
   */
  async write(result: Result): Promise<string> {
    const path = this.#path ?? this.output ?? await freeOutput(RESULTS_FOLDER, result);
    await writeResult(path, result, { replace: this.#path !== undefined || this.replace });
    this.#path = path;
    return path;
  }
}

/** The first free name for a result that was given none: suite, profile and time of its end. */
export async function freeOutput(results: string, result: Result): Promise<string> {
  const { suite, profile, finishedAt } = result;
  const time = finishedAt === null ? new Date() : new Date(finishedAt);
  const path = join(results, basename(defaultResultPath(suite, profile, time)));
  for (let n = 1;; n++) {
    const free = n === 1 ? path : path.replace(/\.json$/, `-${n}.json`);
    if (await ifPresent(free, Deno.lstat(free)) === undefined) return free;
  }
}
