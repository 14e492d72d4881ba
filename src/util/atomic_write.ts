import { basename, dirname, join } from "node:path";
import { UserError } from "../errors.ts";

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

/**
 * A file that appears under its name only when it is complete: bytes go to a temporary file in the
 * same folder (created with its parents when missing), `commit` syncs and renames it. Use with
 * `await using`: leaving the scope without `commit` removes the temporary file.
 */
export class AtomicFile {
  readonly #path: string;
  readonly #temporary: string;
  #file: Deno.FsFile | undefined;

  private constructor(path: string, temporary: string, file: Deno.FsFile) {
    this.#path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  /** Opens the temporary file. Throws UserError (no permission, disk full, not a folder). */
  static async create(path: string): Promise<AtomicFile> {
    const folder = dirname(path);
    const temporary = join(folder, `.${basename(path)}.${crypto.randomUUID()}.tmp`);
    try {
      await Deno.mkdir(folder, { recursive: true });
      const file = await Deno.open(temporary, { write: true, createNew: true });
      return new AtomicFile(path, temporary, file);
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

  /** Makes the file durable and visible under its name, replacing an older one in one step. */
  async commit(): Promise<void> {
    const file = this.#open();
    try {
      await file.sync();
      file.close();
      this.#file = undefined;
      await Deno.rename(this.#temporary, this.#path);
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

/**
 * Writes a whole file so that a reader, also after a crash, sees the old content or the new one.
 * Missing folders are created; UserError when the user can mend the failure.
 */
export async function writeFileAtomic(path: string, data: Uint8Array | string): Promise<void> {
  await using file = await AtomicFile.create(path);
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
