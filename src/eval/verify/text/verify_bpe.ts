/** Byte pair encoding: learned, applied and undone. */
import { z } from "zod";
import { joinPieces } from "../../../data/lm/dictionary.ts";
import { BpeCodes } from "../../../data/translation/bpe/codes.ts";
import { BpeEncoder } from "../../../data/translation/bpe/encoder.ts";
import { learnBpe } from "../../../data/translation/bpe/learn.ts";
import { parsePieceVocabulary } from "../../../data/translation/bpe/piece_vocabulary.ts";
import { countWords } from "../../../data/translation/bpe/word_counts.ts";
import type { TextGolden } from "./text_golden.ts";

const lines = z.array(z.string());
const textOutput = z.looseObject({ lines });
const learnConfig = z.looseObject({
  symbols: z.int(),
  min_frequency: z.int(),
  total_symbols: z.literal(false).optional(),
});
const learnInput = z.union([z.object({ lines }), z.object({ corpus_file: z.string() })]);

/** Computes what a file of kind `bpe_learn` holds. */
export function verifyBpeLearn(golden: TextGolden): Record<string, unknown> {
  const { symbols, min_frequency: minFrequency } = golden.config(learnConfig);
  const input = golden.input(learnInput);
  const text = "lines" in input
    ? input.lines
    : golden.other(input.corpus_file).expected(textOutput).lines;
  const codes = learnBpe(countWords(text), { symbols, minFrequency });
  return { codes_lines: codes, merges: codes.length - 1 };
}

const applyConfig = z.looseObject({
  separator: z.string(),
  merges: z.int(),
  vocabulary_threshold: z.int().nullish(),
  has_vocabulary: z.boolean(),
  glossaries: z.null().optional(),
  dropout: z.literal(0).optional(),
});
const applyInput = z.looseObject({
  lines,
  vocabulary: z.array(z.tuple([z.string(), z.int()])).default([]),
});
const codesInput = z.union([
  z.object({ codes_lines: lines }),
  z.object({ codes_file: z.string() }),
]);
const codesOutput = z.looseObject({ codes_lines: lines });

/** Computes what a file of kind `bpe_apply` holds. */
export function verifyBpeApply(golden: TextGolden): Record<string, unknown> {
  const config = golden.config(applyConfig);
  const { lines: text, vocabulary: counted } = golden.input(applyInput);
  const given = golden.input(codesInput);
  const codesLines = "codes_lines" in given
    ? given.codes_lines
    : golden.other(given.codes_file).expected(codesOutput).codes_lines;
  const { separator, merges, vocabulary_threshold: threshold } = config;
  // The first line is the version.
  const codes = BpeCodes.parse(merges < 0 ? codesLines : codesLines.slice(0, 1 + merges));
  const vocabulary = parsePieceVocabulary(
    config.has_vocabulary ? counted.map((entry) => entry.join(" ")) : [],
    { threshold: threshold ?? -Infinity },
  );
  const encoder = new BpeEncoder(codes, { vocabulary, separator });
  return { lines: text.map((line) => encoder.encode(line)) };
}

/** Computes what a file of kind `bpe_restore` holds. */
export function verifyBpeRestore(golden: TextGolden): Record<string, unknown> {
  const { symbol } = golden.config(z.looseObject({ symbol: z.string() }));
  const input = golden.input(z.looseObject({ lines }));
  return { lines: input.lines.map((line) => joinPieces(line, symbol)) };
}
