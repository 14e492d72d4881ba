import { UserError } from "../../../errors.ts";
import { lineBounds } from "./line_words.ts";

/**
 * The pieces of a vocabulary file with lines `piece count`, for {@link BpeEncoder}
 * (`subword_nmt/apply_bpe.py: read_vocabulary`).
 *
 * @param options `threshold`: pieces counted less often are left out (default: none are); `where`:
 *   name used in messages.
 * @throws {UserError} naming the line that is not as expected.
 */
export function parsePieceVocabulary(
  lines: Iterable<string>,
  { threshold = -Infinity, where = "vocabulary" }: { threshold?: number; where?: string } = {},
): Set<string> {
  const pieces = new Set<string>();
  let number = 0;
  for (const line of lines) {
    number++;
    const [piece, count, ...more] = line.slice(...lineBounds(line)).split(" ");
    if (count === undefined || more.length > 0 || !/^[+-]?\d+$/.test(count)) {
      throw new UserError(`${where}:${number}: expected a piece, a space and a count`);
    }
    if (Number(count) >= threshold) pieces.add(piece);
  }
  return pieces;
}
