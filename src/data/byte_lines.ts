import { readError } from "../util/read_error.ts";
import { openRegular } from "../util/read_regular.ts";
import { LARGEST_LINES, lineTooLong, LONGEST_LINE } from "./lines.ts";

const CHUNK = 1 << 20;
const LF = 10;
const CR = 13;

/**
 * The lines of a file as bytes without their LF or CRLF, streamed; a last line without line end
 * counts. A line is only valid until the next one is asked for. Throws UserError (no such file, a
 * folder, a line of more than `longest` bytes).
 */
export async function* readByteLines(
  path: string,
  longest = LONGEST_LINE,
): AsyncGenerator<Uint8Array> {
  const file = await openRegular(path, LARGEST_LINES);
  try {
    let buffer = new Uint8Array(2 * CHUNK);
    let filled = 0;
    let number = 1;
    for (let done = false; !done;) {
      if (buffer.length - filled < CHUNK) {
        const grown = new Uint8Array(2 * buffer.length);
        grown.set(buffer.subarray(0, filled));
        buffer = grown;
      }
      const n = await file.read(buffer.subarray(filled)).catch((error: unknown) => {
        throw readError(error, path);
      });
      done = n === null;
      let search = filled;
      filled += n ?? 0;
      let start = 0;
      for (;; number++) {
        const end = buffer.subarray(0, filled).indexOf(LF, search);
        if (end === -1) break;
        yield trimmed(buffer, start, end);
        start = end + 1;
        search = start;
      }
      buffer.copyWithin(0, start, filled);
      filled -= start;
      if (filled > longest) throw lineTooLong(path, number, longest);
    }
    if (filled > 0) yield trimmed(buffer, 0, filled);
  } finally {
    file.close();
  }
}

function trimmed(buffer: Uint8Array, start: number, end: number): Uint8Array {
  return buffer.subarray(start, end > start && buffer[end - 1] === CR ? end - 1 : end);
}
