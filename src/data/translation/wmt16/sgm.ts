import { UserError } from "../../../errors.ts";
import { readRegularSync } from "../../../util/read_regular.ts";
import { decodeLines } from "../preparation/line_files.ts";

/** The published sets have less than 1 MB. */
const LARGEST = 256 * 2 ** 20;

/** White space of ASCII, which is all that the reference program trims and collapses. */
const SPACES = /[ \t\r\f\v]+/g;
const OPENING = /<seg[^>]+>/i;
const CLOSING = /<\/seg>/i;

/**
 * The segments of a NIST SGM file, one line each, as the script `input-from-sgm.perl` of Moses
 * gives them: a segment that is broken over lines is put together with nothing between, runs of
 * white space become one space, and entities such as `&amp;` stay as they are (the published test
 * sets hold plain text). Only LF ends a line; at most one segment is read from a line.
 *
 * Unlike the script, which never ends or merges segments there, this refuses what is malformed.
 *
 * @throws {UserError} with the line's number: not UTF-8 text, a segment without end, without start
 * or beside another one; and for a file without any segment.
 */
export function readSgm(path: string): string[] {
  return segmentsOf(decodeLines(readRegularSync(path, LARGEST), path), path);
}

/** The segments of the lines of an SGM file, see {@link readSgm}. @param where Used in messages. */
export function segmentsOf(lines: readonly string[], where: string): string[] {
  const segments: string[] = [];
  let open: { readonly line: number; text: string } | undefined;
  const fail = (line: number, what: string) =>
    new UserError(`${where}:${line}: ${what}: get the file anew`);
  for (const [i, line] of lines.entries()) {
    const number = i + 1;
    let rest = line;
    if (open === undefined) {
      const start = OPENING.exec(line);
      if (start === null) {
        if (CLOSING.test(line)) throw fail(number, "a </seg> without its <seg id=...>");
        continue;
      }
      open = { line: number, text: "" };
      rest = line.slice(start.index + start[0].length);
    }
    if (OPENING.test(rest)) throw fail(number, "a second <seg> begins before a line ends");
    const end = CLOSING.exec(rest);
    if (end === null) {
      open.text += rest;
      continue;
    }
    const text = `${open.text}${rest.slice(0, end.index)}`;
    segments.push(text.replaceAll(SPACES, " ").replace(/^ /, "").replace(/ $/, ""));
    if (CLOSING.test(rest.slice(end.index + 1))) throw fail(number, "two </seg> in one line");
    open = undefined;
  }
  if (open !== undefined) throw fail(open.line, "a <seg> without its </seg>");
  if (segments.length === 0) {
    throw new UserError(`${where}: holds no <seg id=...>: expected a NIST SGM file`);
  }
  return segments;
}
