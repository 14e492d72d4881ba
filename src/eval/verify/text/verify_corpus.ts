import { z } from "zod";
import { joinPieces } from "../../../data/lm/dictionary.ts";
import { trimSpaceEnd } from "../../../data/lm/words.ts";
import { BpeCodes } from "../../../data/translation/bpe/codes.ts";
import { BpeEncoder } from "../../../data/translation/bpe/encoder.ts";
import { learnBpe } from "../../../data/translation/bpe/learn.ts";
import { lineWords } from "../../../data/translation/bpe/line_words.ts";
import { countWords } from "../../../data/translation/bpe/word_counts.ts";
import type { TextGolden } from "./text_golden.ts";

const MERGES = 200;

/**
 * A file of kind `corpus` holds lines that other files learn from, and no results of its own. What
 * is verified is that nothing of its text is lost: merges are learned from the lines, each line is
 * split into pieces by them, and the pieces joined again must be the words of the line.
 */
export function verifyCorpus(golden: TextGolden): Record<string, unknown> {
  const { lines } = golden.expected(z.looseObject({ lines: z.array(z.string()) }));
  let separator = "@@";
  while (lines.some((line) => line.includes(separator))) separator += "@";
  const codes = BpeCodes.parse(learnBpe(countWords(lines), { symbols: MERGES }));
  const encoder = new BpeEncoder(codes, { separator });
  return {
    lines: lines.map((line) => {
      const words = lineWords(line).join(" ");
      const joined = joinPieces(encoder.encode(words), `${separator} `);
      return joined === trimSpaceEnd(words) ? line : joined;
    }),
  };
}
