/**
 * Reading files that a user names. A pipe or a device has no end, so only regular files of a
 * stated size are read. The size and kind are those of the opened file, which nothing can swap.
 */
import { UserError } from "../errors.ts";
import { formatBytes } from "./format.ts";
import { readError } from "./read_error.ts";

/** Refuses what is no regular file, and one of more than `atMost` bytes. */
function checkRegular(info: Deno.FileInfo, path: string, atMost: number): void {
  if (info.isDirectory) throw new UserError(`${path}: is a folder, expected a file`);
  if (!info.isFile) throw new UserError(`${path}: is a device or a pipe, expected a file`);
  if (info.size > atMost) {
    throw new UserError(
      `${path}: holds ${formatBytes(info.size)}, expected at most ${formatBytes(atMost)}`,
    );
  }
}

/**
 * Opens a regular file (or a link to one) for reading; the caller closes it.
 *
 * @param atMost Largest size, bytes.
 * @throws {UserError} when it is missing, no regular file, or larger.
 */
export async function openRegular(path: string, atMost: number): Promise<Deno.FsFile> {
  let file: Deno.FsFile | undefined;
  try {
    // To open a pipe is to wait for its writer, so the kind is looked at before and after.
    checkRegular(await Deno.stat(path), path, atMost);
    file = await Deno.open(path);
    checkRegular(await file.stat(), path, atMost);
    return file;
  } catch (error) {
    file?.close();
    throw readError(error, path);
  }
}

/** {@link openRegular}, synchronously. */
export function openRegularSync(path: string, atMost: number): Deno.FsFile {
  let file: Deno.FsFile | undefined;
  try {
    checkRegular(Deno.statSync(path), path, atMost);
    file = Deno.openSync(path);
    checkRegular(file.statSync(), path, atMost);
    return file;
  } catch (error) {
    file?.close();
    throw readError(error, path);
  }
}

const CHANGED = "was changed while it was read: try again";

/**
 * The bytes of a regular file, never more than it had when it was opened.
 *
 * @param atMost Largest size, bytes.
 * @throws {UserError} as {@link openRegular}, and when the file grows or shrinks meanwhile.
 */
export async function readRegular(
  path: string,
  atMost: number,
): Promise<Uint8Array<ArrayBuffer>> {
  using file = await openRegular(path, atMost);
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    for (let done = 0; done < bytes.length;) {
      const n = await file.read(bytes.subarray(done));
      if (n === null) throw new UserError(`${path}: ${CHANGED}`);
      done += n;
    }
    if (await file.read(new Uint8Array(1)) !== null) throw new UserError(`${path}: ${CHANGED}`);
    return bytes;
  } catch (error) {
    throw readError(error, path);
  }
}

/** {@link readRegular}, synchronously. */
export function readRegularSync(path: string, atMost: number): Uint8Array<ArrayBuffer> {
  using file = openRegularSync(path, atMost);
  try {
    const bytes = new Uint8Array(file.statSync().size);
    for (let done = 0; done < bytes.length;) {
      const n = file.readSync(bytes.subarray(done));
      if (n === null) throw new UserError(`${path}: ${CHANGED}`);
      done += n;
    }
    if (file.readSync(new Uint8Array(1)) !== null) throw new UserError(`${path}: ${CHANGED}`);
    return bytes;
  } catch (error) {
    throw readError(error, path);
  }
}

/**
 * The text of a regular UTF-8 file, a byte order mark included.
 *
 * @param atMost Largest size, bytes.
 * @throws {UserError} as {@link readRegular}, and when it is not UTF-8.
 */
export async function readRegularText(path: string, atMost: number): Promise<string> {
  const bytes = await readRegular(path, atMost);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new UserError(`${path}: is not UTF-8 text`, { cause });
  }
}
