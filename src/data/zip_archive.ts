import { crc32 } from "node:zlib";
import { dirname, join } from "node:path";
import { Unzip, type UnzipFile, UnzipInflate } from "fflate";
import { UserError } from "../errors.ts";
import { writeError } from "../util/atomic_write.ts";
import { readError } from "../util/read_error.ts";
import { archiveError, checkRequired, type ExtractOptions, safeSegments } from "./archive.ts";

/** Compressed bytes between two looks at the limits: deflate expands at most a thousandfold. */
const CHUNK = 1 << 16;
const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_LENGTH = 22;
const LONGEST_COMMENT = 0xffff;

/** What the directory at the end of a zip file says about an entry. */
interface DirectoryEntry {
  readonly crc: number;
  readonly size: number;
}

async function readAt(file: Deno.FsFile, start: number, length: number): Promise<DataView> {
  const bytes = new Uint8Array(length);
  await file.seek(start, Deno.SeekMode.Start);
  for (let at = 0; at < length;) {
    const n = await file.read(bytes.subarray(at));
    if (n === null) throw new Error("unexpected end");
    at += n;
  }
  return new DataView(bytes.buffer);
}

/** The directory at the end of the file, which a cut archive lacks. */
async function readDirectory(file: Deno.FsFile): Promise<Map<string, DirectoryEntry>> {
  const { size } = await file.stat();
  const tail = Math.min(size, END_LENGTH + LONGEST_COMMENT);
  const end = await readAt(file, size - tail, tail);
  let at = tail - END_LENGTH;
  while (at >= 0 && end.getUint32(at, true) !== END_OF_DIRECTORY) at--;
  if (at < 0) throw new Error("no directory at its end");
  const length = end.getUint32(at + 12, true);
  const start = end.getUint32(at + 16, true);
  const view = await readAt(file, start, length);
  const entries = new Map<string, DirectoryEntry>();
  for (let p = 0; p + 46 <= length;) {
    if (view.getUint32(p, true) !== DIRECTORY_ENTRY) throw new Error("damaged directory");
    const nameLength = view.getUint16(p + 28, true);
    const name = new TextDecoder().decode(new Uint8Array(view.buffer, p + 46, nameLength));
    entries.set(name, { crc: view.getUint32(p + 16, true), size: view.getUint32(p + 24, true) });
    p += 46 + nameLength + view.getUint16(p + 30, true) + view.getUint16(p + 32, true);
  }
  return entries;
}

/**
 * Unpacks files of a zip archive while it is read: memory holds one piece of it. Refuses what
 * `extractTar` refuses, and content that does not match the size and the CRC of the directory.
 * Nothing is left behind then.
 *
 * @returns How many files and bytes were unpacked.
 * @throws {UserError} for all of these, and when no entry was selected or a required one is missing.
 */
export async function extractZip(
  options: ExtractOptions,
): Promise<{ files: number; bytes: number }> {
  const { archive, target, select = (path) => path, required } = options;
  const { maxBytes = 64 * 2 ** 30, maxFiles = 2_000_000 } = options;
  if (await Deno.lstat(target).then(() => true, () => false)) {
    throw new UserError(`${target}: exists already: remove it or choose another folder`);
  }
  const partial = `${target}.${crypto.randomUUID()}.tmp`;
  const seen = new Set<string>();
  const open = new Set<Deno.FsFile>();
  let bytes = 0;
  const tooMuch = () =>
    new UserError(
      `${archive}: refused: unpacks to more than ${maxBytes} bytes or ${maxFiles} files`,
    );

  /** Writes an entry as its bytes come. */
  function unpack(entry: UnzipFile, name: string, expected: DirectoryEntry): void {
    const path = join(partial, name);
    let file: Deno.FsFile;
    try {
      Deno.mkdirSync(dirname(path), { recursive: true });
      file = Deno.openSync(path, { write: true, createNew: true });
    } catch (error) {
      throw writeError(error, path);
    }
    open.add(file);
    let crc = 0;
    let size = 0;
    entry.ondata = (error, data, final) => {
      if (error) throw error;
      size += data.length;
      bytes += data.length;
      if (bytes > maxBytes) throw tooMuch();
      crc = crc32(data, crc);
      try {
        for (let at = 0; at < data.length;) at += file.writeSync(data.subarray(at));
      } catch (error) {
        throw writeError(error, path);
      }
      if (!final) return;
      if (size !== expected.size || crc !== expected.crc) {
        throw new Error(`${entry.name} does not match its checksum`);
      }
      file.close();
      open.delete(file);
    };
    entry.start();
  }

  try {
    using file = await Deno.open(archive).catch((error: unknown) => {
      throw readError(error, archive);
    });
    const directory = await readDirectory(file);
    const unzip = new Unzip((entry) => {
      const segments = safeSegments(entry.name, archive);
      const chosen = entry.name.endsWith("/") ? undefined : select(segments.join("/"));
      if (chosen === undefined) return;
      const name = safeSegments(chosen, archive).join("/");
      if (seen.has(name)) throw new UserError(`${archive}: refused: ${name} occurs twice`);
      seen.add(name);
      const expected = directory.get(entry.name);
      if (expected === undefined) throw new Error(`${entry.name} is not in the directory`);
      if (seen.size > maxFiles || expected.size > maxBytes - bytes) throw tooMuch();
      unpack(entry, name, expected);
    });
    unzip.register(UnzipInflate);
    await file.seek(0, Deno.SeekMode.Start);
    const buffer = new Uint8Array(CHUNK);
    for (let n = await file.read(buffer); n !== null; n = await file.read(buffer)) {
      // The decoder keeps a part of what it gets.
      unzip.push(buffer.slice(0, n));
    }
    unzip.push(new Uint8Array(0), true);
    if (open.size > 0) throw new Error("an entry is cut");
    if (seen.size === 0) throw new UserError(`${archive}: holds none of the expected files`);
    checkRequired(archive, seen, required);
    await Deno.rename(partial, target);
    return { files: seen.size, bytes };
  } catch (error) {
    for (const file of open) file.close();
    await Deno.remove(partial, { recursive: true }).catch(() => undefined);
    throw archiveError(error, archive);
  }
}
