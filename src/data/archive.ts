import { dirname, join } from "node:path";
import { createTarDecoder } from "modern-tar";
import { UserError } from "../errors.ts";
import { writeError } from "../util/atomic_write.ts";
import { readError } from "../util/read_error.ts";

/** How to unpack. */
export interface ExtractOptions {
  /** The archive's path. */
  readonly archive: string;
  /** The folder to create; it must not exist. It appears only when everything is unpacked. */
  readonly target: string;
  /** The name of a file inside `target` for an archive path, undefined to leave it out. */
  readonly select?: (path: string) => string | undefined;
  /** Names inside `target` without which the archive is refused. */
  readonly required?: readonly string[];
  /** Most bytes to unpack (default 64 GiB). */
  readonly maxBytes?: number;
  /** Most files to unpack (default two million). */
  readonly maxFiles?: number;
  /** Called with the bytes of a tar file that were read so far, and all that it has. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * An archive path as clean relative segments. Throws UserError for a path that could leave the
 * target folder: absolute, with `..`, a drive letter, a backslash or a NUL.
 */
export function safeSegments(path: string, archive: string): string[] {
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  const unsafe = path.startsWith("/") || segments.includes("..") || /[\\\0]/.test(path) ||
    /^[a-z]:/i.test(segments[0] ?? "");
  if (unsafe) {
    throw new UserError(
      `${archive}: refused: the entry ${JSON.stringify(path)} has an unsafe path`,
    );
  }
  return segments;
}

/** The archive's bytes, decompressed when it starts with the gzip signature. */
async function openArchive(
  archive: string,
  onProgress?: ExtractOptions["onProgress"],
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  let file: Deno.FsFile | undefined;
  try {
    file = await Deno.open(archive);
    const magic = new Uint8Array(2);
    await file.read(magic);
    await file.seek(0, Deno.SeekMode.Start);
    const gzip = magic[0] === 0x1f && magic[1] === 0x8b;
    const bytes = onProgress === undefined
      ? file.readable
      : file.readable.pipeThrough(counted((await file.stat()).size, onProgress));
    return gzip ? bytes.pipeThrough(new DecompressionStream("gzip")) : bytes;
  } catch (error) {
    file?.close();
    throw readError(error, archive);
  }
}

/** Passes bytes on and tells how many there were. */
function counted(
  total: number,
  onProgress: (done: number, total: number) => void,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let done = 0;
  return new TransformStream({
    transform(chunk, controller) {
      done += chunk.length;
      onProgress(done, total);
      controller.enqueue(chunk);
    },
  });
}

/** Reads a body to its end: the decoder can wait forever for the rest of one that is cancelled. */
async function skip(body: ReadableStream<Uint8Array>): Promise<void> {
  for await (const _ of body);
}

/** Writes one body, counting real bytes against what is left of the limit. */
async function writeBody(
  body: ReadableStream<Uint8Array>,
  path: string,
  left: number,
  tooMuch: () => UserError,
): Promise<number> {
  let size = 0;
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    file = await Deno.open(path, { write: true, createNew: true });
  } catch (error) {
    throw writeError(error, path);
  }
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > left) throw tooMuch();
      for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
    }
  } catch (error) {
    throw writeError(error, path);
  } finally {
    file.close();
  }
  return size;
}

/**
 * Unpacks regular files of a tar file, gzip-compressed or not (found out by its first bytes). An
 * entry with an unsafe path, and every link or device, makes the whole archive refused, selected or
 * not; so do a name that occurs twice, a damaged or cut archive, and more bytes or files than
 * allowed. Nothing is left behind then.
 *
 * @returns How many files and bytes were unpacked.
 * @throws UserError for all of these, when no entry was selected and when a required one is missing.
 */
export async function extractTar(
  options: ExtractOptions,
): Promise<{ files: number; bytes: number }> {
  const { archive, target, select = (path) => path, required, onProgress } = options;
  const { maxBytes = 64 * 2 ** 30, maxFiles = 2_000_000 } = options;
  if (await Deno.lstat(target).then(() => true, () => false)) {
    throw new UserError(`${target}: exists already: remove it or choose another folder`);
  }
  const tooMuch = () =>
    new UserError(
      `${archive}: refused: unpacks to more than ${maxBytes} bytes or ${maxFiles} files`,
    );
  const source = await openArchive(archive, onProgress);
  const partial = `${target}.${crypto.randomUUID()}.tmp`;
  const seen = new Set<string>();
  let bytes = 0;
  try {
    for await (const { header, body } of source.pipeThrough(createTarDecoder({ strict: true }))) {
      const segments = safeSegments(header.name, archive);
      const type = header.type ?? "file";
      if (type !== "file" && type !== "directory") {
        throw new UserError(
          `${archive}: refused: the entry ${JSON.stringify(header.name)} is a ${type}`,
        );
      }
      const chosen = type === "file" ? select(segments.join("/")) : undefined;
      if (chosen === undefined) {
        await skip(body);
        continue;
      }
      const name = safeSegments(chosen, archive).join("/");
      if (seen.has(name)) throw new UserError(`${archive}: refused: ${name} occurs twice`);
      seen.add(name);
      if (seen.size > maxFiles || header.size > maxBytes - bytes) throw tooMuch();
      bytes += await writeBody(body, join(partial, name), maxBytes - bytes, tooMuch);
    }
    if (seen.size === 0) throw new UserError(`${archive}: holds none of the expected files`);
    checkRequired(archive, seen, required);
    await Deno.rename(partial, target);
    return { files: seen.size, bytes };
  } catch (error) {
    await Deno.remove(partial, { recursive: true }).catch(() => undefined);
    throw archiveError(error, archive);
  }
}

/**
 * Reads a tar file, gzip-compressed or not, to its end without unpacking anything.
 *
 * @returns Paths of all regular files with their sizes.
 * @throws UserError for a damaged or cut archive and an unsafe path.
 */
export async function listTar(archive: string): Promise<ReadonlyMap<string, number>> {
  const source = await openArchive(archive);
  const sizes = new Map<string, number>();
  try {
    for await (const { header, body } of source.pipeThrough(createTarDecoder({ strict: true }))) {
      const path = safeSegments(header.name, archive).join("/");
      if ((header.type ?? "file") === "file") sizes.set(path, header.size);
      await skip(body);
    }
  } catch (error) {
    throw archiveError(error, archive);
  }
  return sizes;
}

/** Throws UserError when an archive lacks a required file. */
export function checkRequired(
  archive: string,
  found: ReadonlySet<string>,
  required: readonly string[] = [],
): void {
  const missing = required.filter((name) => !found.has(name));
  if (missing.length > 0) throw new UserError(`${archive}: lacks ${missing.join(", ")}`);
}

/** What decompressors and archive decoders throw on bad input, as a UserError. */
export function archiveError(error: unknown, archive: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  if ("code" in error && typeof error.code === "string") return writeError(error, archive);
  return new UserError(`${archive}: the archive is damaged or cut (${error.message})`, {
    cause: error,
  });
}
