import { UserError } from "../errors.ts";
import { formatBytes } from "../util/format.ts";
import { readError } from "../util/read_error.ts";
import { openRegular } from "../util/read_regular.ts";

const CHUNK = 1 << 20;

/** The largest file of lines that is published has 1.2 GB. */
export const LARGEST_LINES = 16 * 2 ** 30;

/** Longest line of a data file, bytes; the papers of the AAN corpus have less than one MiB. */
export const LONGEST_LINE = 64 * 2 ** 20;

/** The error for a line that is longer. @param number Of the line, from 1. */
export function lineTooLong(where: string, number: number, longest: number): UserError {
  return new UserError(
    `${where}:${number}: a line of more than ${formatBytes(longest)}: this is not a file of lines`,
  );
}

/**
 * The lines of a UTF-8 text file without their LF or CRLF, streamed, so that a file may be larger
 * than the longest string. A last line without line end counts. Throws UserError (no such file,
 * a folder, not UTF-8, a line of more than `longest` characters).
 */
export async function* readLines(path: string, longest = LONGEST_LINE): AsyncGenerator<string> {
  const file = await openRegular(path, LARGEST_LINES);
  try {
    yield* linesOf(file, path, longest);
  } finally {
    file.close();
  }
}

/** The lines of whatever can be read, as {@link readLines}. @param where Named in messages. */
export async function* linesOf(
  source: { read(buffer: Uint8Array): Promise<number | null> },
  where: string,
  longest = LONGEST_LINE,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const buffer = new Uint8Array(CHUNK);
  let rest = "";
  let line = 1;
  for (let done = false; !done;) {
    const n = await source.read(buffer).catch((error: unknown) => {
      throw readError(error, where);
    });
    done = n === null;
    let text: string;
    try {
      text = decoder.decode(buffer.subarray(0, n ?? 0), { stream: !done });
    } catch (error) {
      throw new UserError(`${where}: not UTF-8 text after line ${line}`, { cause: error });
    }
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    line += lines.length;
    if (rest.length > longest) throw lineTooLong(where, line, longest);
    for (const each of lines) yield each.endsWith("\r") ? each.slice(0, -1) : each;
  }
  if (rest !== "") yield rest.endsWith("\r") ? rest.slice(0, -1) : rest;
}
