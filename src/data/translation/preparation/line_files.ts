import { UserError } from "../../../errors.ts";
import { NewFile } from "../../../util/new_file.ts";
import { readError } from "../../../util/read_error.ts";
import { openRegularSync } from "../../../util/read_regular.ts";
import { Sha256 } from "../../../util/sha256.ts";

const CHUNK = 1 << 20;

/** The largest published file has 700 MB. */
export const LARGEST_INPUT = 64 * 2 ** 30;

const LONGEST_LINE = 64 * 2 ** 20;
const LF = 10;

/** What a file of lines holds. */
export interface LineFileFacts {
  readonly sha256: string;
  readonly bytes: number;
  /** A last line without its line end counts. */
  readonly lines: number;
}

/**
 * The lines of a UTF-8 file in blocks of about a megabyte, read synchronously. Only LF ends a line
 * and every other character, CR and a byte order mark included, is part of one.
 *
 * @throws {UserError} with the line's number: not UTF-8 text, a line of more than 64 MiB.
 */
export function* readLineBlocks(path: string): Generator<string[]> {
  using file = openRegularSync(path, LARGEST_INPUT);
  let buffer = new Uint8Array(2 * CHUNK);
  let filled = 0;
  let lines = 0;
  const decode = (bytes: Uint8Array): string[] => {
    const block = decodeLines(bytes, path, lines);
    lines += block.length;
    return block;
  };
  while (true) {
    if (buffer.length - filled < CHUNK) {
      if (filled > LONGEST_LINE) {
        throw new UserError(`${path}:${lines + 1}: a line of more than ${LONGEST_LINE} bytes`);
      }
      const grown = new Uint8Array(2 * buffer.length);
      grown.set(buffer.subarray(0, filled));
      buffer = grown;
    }
    const n = readSome(file, path, buffer.subarray(filled));
    if (n === null) break;
    filled += n;
    const end = buffer.subarray(0, filled).lastIndexOf(LF);
    if (end < 0) continue;
    yield decode(buffer.subarray(0, end));
    buffer.copyWithin(0, end + 1, filled);
    filled -= end + 1;
  }
  if (filled > 0) yield decode(buffer.subarray(0, filled));
}

/**
 * The lines of UTF-8 text in memory; the last one is empty when the text ends in LF.
 *
 * @param where Name used in messages.
 * @param before Lines that came before the text.
 * @throws {UserError} with the number of the first line that is not UTF-8.
 */
export function decodeLines(bytes: Uint8Array, where: string, before = 0): string[] {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes).split("\n");
  } catch (cause) {
    throw new UserError(`${where}:${before + 1 + badLine(bytes)}: not UTF-8 text`, { cause });
  }
}

/** How many lines of `bytes` come before the first that is not UTF-8. */
function badLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (let at = 0, line = 0;; line++) {
    const end = bytes.indexOf(LF, at);
    try {
      decoder.decode(bytes.subarray(at, end < 0 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end < 0) return line;
    at = end + 1;
  }
}

function readSome(file: Deno.FsFile, path: string, into: Uint8Array): number | null {
  try {
    return file.readSync(into);
  } catch (error) {
    throw readError(error, path);
  }
}

/** The lines of a file one by one, see {@link readLineBlocks}. */
export function* readFileLines(path: string): Generator<string> {
  for (const block of readLineBlocks(path)) yield* block;
}

/** Writes lines to a new file through a buffer and keeps their checksum. */
export class LineWriter implements Disposable {
  readonly #file: NewFile;
  readonly #hash = new Sha256();
  readonly #encoder = new TextEncoder();
  #buffer: string[] = [];
  #buffered = 0;
  #bytes = 0;
  #lines = 0;

  /** @throws {UserError} when the file cannot be made. */
  constructor(path: string) {
    this.#file = new NewFile(path);
  }

  /** Appends a line, which holds no LF. @throws {UserError} when the disk is full. */
  add(line: string): void {
    this.#buffer.push(line);
    this.#buffered += line.length;
    this.#lines++;
    if (this.#buffered >= CHUNK) this.#flush();
  }

  /** Makes the file durable. */
  finish(): LineFileFacts {
    this.#flush();
    this.#file.sync();
    return { sha256: this.#hash.digest(), bytes: this.#bytes, lines: this.#lines };
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  #flush(): void {
    if (this.#buffer.length === 0) return;
    this.#buffer.push("");
    const bytes = this.#encoder.encode(this.#buffer.join("\n"));
    this.#buffer = [];
    this.#buffered = 0;
    this.#file.write(bytes);
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }
}

/** Writes all lines as a new file. @throws {UserError} when it cannot be made. */
export function writeLines(path: string, lines: Iterable<string>): LineFileFacts {
  using writer = new LineWriter(path);
  for (const line of lines) writer.add(line);
  return writer.finish();
}

/** Reads a file once for its size, lines and checksum. @throws {UserError} when it is missing. */
export function measureLines(path: string): LineFileFacts {
  using file = openRegularSync(path, LARGEST_INPUT);
  const hash = new Sha256();
  const buffer = new Uint8Array(CHUNK);
  let bytes = 0;
  let lines = 0;
  let last = LF;
  for (let n = readSome(file, path, buffer); n !== null; n = readSome(file, path, buffer)) {
    const piece = buffer.subarray(0, n);
    hash.update(piece);
    for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, at + 1)) lines++;
    bytes += n;
    if (n > 0) last = piece[n - 1];
  }
  if (last !== LF) lines++;
  return { sha256: hash.digest(), bytes, lines };
}
