import { UserError } from "../../errors.ts";
import { readError } from "../../util/read_error.ts";
import { openRegular } from "../../util/read_regular.ts";

const CHUNK = 1 << 20;

/** The largest published text has 540 MB. */
export const LARGEST_TEXT = 64 * 2 ** 30;

/** A text as bytes, which can be read from its start any number of times. */
export interface TextSource {
  /** Name used in messages. */
  readonly name: string;
  /** Bytes that `read` gives, for progress; undefined where that is not known beforehand. */
  readonly size: number | undefined;
  /** The bytes in pieces; a piece is only valid until the next one is asked for. */
  read(): AsyncIterable<Uint8Array>;
}

/** A text in memory. */
export function bytesSource(name: string, bytes: Uint8Array): TextSource {
  return {
    name,
    size: bytes.length,
    async *read() {
      await Promise.resolve();
      for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
    },
  };
}

/**
 * The bytes [start, end) of a file, or all of it.
 *
 * @throws {UserError} when the file is missing, or ends before `end` while it is read.
 */
export async function fileSource(path: string, start = 0, end?: number): Promise<TextSource> {
  using file = await openRegular(path, LARGEST_TEXT);
  const last = end ?? (await file.stat()).size;
  return { name: path, size: last - start, read: () => readRange(path, start, last) };
}

async function* readRange(path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  try {
    using file = await openRegular(path, LARGEST_TEXT);
    await file.seek(start, Deno.SeekMode.Start);
    const buffer = new Uint8Array(CHUNK);
    for (let at = start; at < end;) {
      const n = await file.read(buffer.subarray(0, Math.min(CHUNK, end - at)));
      if (n === null) throw new UserError(`${path}: ends after ${at} bytes, expected ${end}`);
      at += n;
      yield buffer.subarray(0, n);
    }
  } catch (error) {
    throw readError(error, path);
  }
}

/** A file compressed with gzip, unpacked while it is read. @throws {UserError} when it is damaged. */
export function gzipSource(path: string): TextSource {
  return { name: path, size: undefined, read: () => readGzip(path) };
}

async function* readGzip(path: string): AsyncGenerator<Uint8Array> {
  const file = await openRegular(path, LARGEST_TEXT);
  try {
    yield* file.readable.pipeThrough(new DecompressionStream("gzip"));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new UserError(`${path}: the gzip file is damaged or cut (${error.message})`, {
      cause: error,
    });
  }
}

/** All bytes of a text that fits in memory. */
export async function readAll(source: TextSource): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of source.read()) pieces.push(piece.slice());
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
