import { basename, dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import { publishNew } from "./publish_new.ts";

/** What a file-system error means to the user; anything unknown is passed on unchanged. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full: free some space or choose another folder",
  EDQUOT: "the disk quota is used up: free some space or choose another folder",
  EACCES: "permission denied: choose a folder that you may write to",
  EPERM: "permission denied: choose a folder that you may write to",
  EROFS: "the file system is read-only: choose another folder",
  EISDIR: "this is a folder: give the name of a file",
  EEXIST: "a part of the path is not a folder",
  ENOTDIR: "a part of the path is not a folder",
  ENAMETOOLONG: "the name is too long",
};

/** For what the permissions of a command leave out: only folders of named files can be written. */
const REFUSED = "this is a folder or a system folder: give the name of a file in another folder";

/** Turns a failed write to `path` into a one-line UserError when the user can mend it. */
export function writeError(error: unknown, path: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reason = error instanceof Deno.errors.NotCapable ? REFUSED : REASONS[code];
  return reason === undefined
    ? error
    : new UserError(`cannot write ${path}: ${reason}`, { cause: error });
}

/** A name beside `path` for what becomes that file; no other process uses it. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`);
}

/** How a file is written. */
export interface AtomicOptions {
  /** Whether an older file of that name is replaced (the default) or an error. */
  readonly replace?: boolean;
}

/**
 * A file that appears under its name only when it is complete: bytes go to a temporary file in the
 * same folder (created with its parents when missing), `commit` syncs and renames it. Use with
 * `await using`: leaving the scope without `commit` removes the temporary file.
 */
export class AtomicFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #replace: boolean;
  #file: Deno.FsFile | undefined;

  private constructor(path: string, temporary: string, replace: boolean, file: Deno.FsFile) {
    this.#path = path;
    this.#temporary = temporary;
    this.#replace = replace;
    this.#file = file;
  }

  /** Opens the temporary file. Throws UserError (no permission, disk full, not a folder). */
  static async create(path: string, { replace = true }: AtomicOptions = {}): Promise<AtomicFile> {
    const temporary = temporaryPath(path);
    try {
      await Deno.mkdir(dirname(path), { recursive: true });
      const file = await Deno.open(temporary, { write: true, createNew: true });
      return new AtomicFile(path, temporary, replace, file);
    } catch (error) {
      throw writeError(error, path);
    }
  }

  /** Appends bytes. Throws UserError when the disk is full. */
  async write(bytes: Uint8Array): Promise<void> {
    const file = this.#open();
    try {
      for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
    } catch (error) {
      throw writeError(error, this.#path);
    }
  }

  /**
   * Makes the file durable and visible under its name in one step. Throws UserError when there is
   * one that must not be replaced; of several writers exactly one succeeds.
   */
  async commit(): Promise<void> {
    const file = this.#open();
    try {
      await file.sync();
      file.close();
      this.#file = undefined;
      if (this.#replace) await Deno.rename(this.#temporary, this.#path);
      else if (!await publishNew(this.#temporary, this.#path)) throw existsError(this.#path);
    } catch (error) {
      await Deno.remove(this.#temporary).catch(() => undefined);
      throw writeError(error, this.#path);
    }
    await syncFolder(dirname(this.#path));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#file === undefined) return;
    this.#file.close();
    this.#file = undefined;
    await Deno.remove(this.#temporary).catch(() => undefined);
  }

  #open(): Deno.FsFile {
    if (this.#file === undefined) throw new Error(`${this.#path} was already committed`);
    return this.#file;
  }
}

/** What the user is told who would lose a file. */
export function existsError(path: string): UserError {
  return new UserError(`${path} already exists: choose another name or add --overwrite`);
}

/**
 * Writes a whole file so that a reader, also after a crash, sees the old content or the new one.
 * Missing folders are created; UserError when the user can mend the failure.
 */
export async function writeFileAtomic(
  path: string,
  data: Uint8Array | string,
  options: AtomicOptions = {},
): Promise<void> {
  await using file = await AtomicFile.create(path, options);
  await file.write(typeof data === "string" ? new TextEncoder().encode(data) : data);
  await file.commit();
}

/** Makes a rename durable; systems that cannot sync a folder (Windows) do without. */
async function syncFolder(folder: string): Promise<void> {
  try {
    using handle = await Deno.open(folder);
    await handle.sync();
  } catch {
    return;
  }
}
