import { UserError } from "../../errors.ts";
import type { TokenUnit } from "./corpus.ts";
import type { TextSource } from "./text_source.ts";
import { forEachWord } from "./words.ts";

/** Receives a text symbol by symbol. */
export interface SymbolSink {
  symbol(symbol: string): void;
  /** A line is complete, the last one of a text also without its line end. */
  endLine(): void;
}

/** What is allowed, and who wants to know how far it is. */
export interface ScanOptions {
  /** Longest line in bytes, default 64 MiB; lines of unit `byte` have no limit. */
  readonly longestLine?: number;
  /** Called after each piece of the text with the bytes so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

const LINE_END = 10;
const LONGEST_LINE = 64 * 2 ** 20;

/** Decimal symbols of the byte values, as the published byte-level corpora have them. */
const BYTE_SYMBOLS = Array.from({ length: 256 }, (_, byte) => String(byte));

/**
 * Reads a text once and gives its symbols to a sink: words between white space, characters (code
 * points), or bytes as decimal numbers. Only LF ends a line. Memory is bounded by the longest line.
 *
 * @throws {UserError} for text that is not UTF-8, a NUL byte, and a line that is too long; bytes
 * may be anything.
 */
export async function scanText(
  source: TextSource,
  unit: TokenUnit,
  sink: SymbolSink,
  options: ScanOptions = {},
): Promise<void> {
  if (unit === "byte") return await scanBytes(source, sink, options);
  const read = unit === "word" ? wordsOf : charactersOf;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let number = 0;
  await scanLines(source, options, (line) => {
    number++;
    if (line.includes(0)) {
      throw new UserError(`${source.name}:${number}: a NUL byte: this is not a text file`);
    }
    let text: string;
    try {
      text = decoder.decode(line);
    } catch (cause) {
      throw new UserError(`${source.name}:${number}: not UTF-8 text`, { cause });
    }
    read(text, sink);
    sink.endLine();
  });
}

function wordsOf(line: string, sink: SymbolSink): void {
  forEachWord(line, (word) => sink.symbol(word));
}

function charactersOf(line: string, sink: SymbolSink): void {
  for (const character of line) sink.symbol(character);
}

async function scanBytes(
  source: TextSource,
  sink: SymbolSink,
  { onProgress }: ScanOptions,
): Promise<void> {
  let open = false;
  let done = 0;
  for await (const piece of source.read()) {
    for (const byte of piece) {
      open = byte !== LINE_END;
      if (open) sink.symbol(BYTE_SYMBOLS[byte]);
      else sink.endLine();
    }
    done += piece.length;
    onProgress?.(done);
  }
  if (open) sink.endLine();
}

/** Gives each line without its LF; one is only valid during the call. */
async function scanLines(
  { name, read }: TextSource,
  { longestLine = LONGEST_LINE, onProgress }: ScanOptions,
  onLine: (line: Uint8Array) => void,
): Promise<void> {
  let rest = new Uint8Array(1 << 16);
  let kept = 0;
  let done = 0;
  let lines = 0;
  for await (const piece of read()) {
    let start = 0;
    for (let end = piece.indexOf(LINE_END); end >= 0; end = piece.indexOf(LINE_END, start)) {
      if (kept === 0) onLine(piece.subarray(start, end));
      else {
        keep(piece.subarray(start, end));
        onLine(rest.subarray(0, kept));
      }
      lines++;
      kept = 0;
      start = end + 1;
    }
    keep(piece.subarray(start));
    done += piece.length;
    onProgress?.(done);
  }
  if (kept > 0) onLine(rest.subarray(0, kept));

  function keep(bytes: Uint8Array): void {
    if (kept + bytes.length > longestLine) {
      throw new UserError(
        `${name}:${lines + 1}: a line of more than ${longestLine} bytes: ` +
          "break the text into lines",
      );
    }
    if (kept + bytes.length > rest.length) {
      const grown = new Uint8Array(Math.max(2 * rest.length, kept + bytes.length));
      grown.set(rest.subarray(0, kept));
      rest = grown;
    }
    rest.set(bytes, kept);
    kept += bytes.length;
  }
}
