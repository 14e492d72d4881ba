/** The text tools of Moses: punctuation, words, text of words, and clean pairs. */
import { z } from "zod";
import { CorpusCleaner } from "../../../data/translation/moses/clean_corpus.ts";
import { detokenizeMoses } from "../../../data/translation/moses/detokenizer.ts";
import { normalizePunctuation } from "../../../data/translation/moses/normalize_punctuation.ts";
import { removeNonPrinting } from "../../../data/translation/moses/remove_non_printing.ts";
import { MosesTokenizer } from "../../../data/translation/moses/tokenizer.ts";
import { UserError } from "../../../errors.ts";
import type { TextGolden } from "./text_golden.ts";

const texts = z.array(z.string());
const linesInput = z.looseObject({ lines: texts });
const pairsInput = z.looseObject({ src: texts, tgt: texts });

const punctuationSchema = z.union([
  z.looseObject({
    remove_non_printing: z.boolean(),
    normalize: z.literal(true),
    lang: z.string(),
    penn: z.boolean(),
  }),
  z.looseObject({ remove_non_printing: z.boolean(), normalize: z.literal(false) }),
]);
const tokenizeSchema = z.looseObject({
  lang: z.string(),
  aggressive: z.boolean(),
  escape: z.boolean(),
  nonbreaking_prefixes: z.looseObject({ always: texts, numeric_only: texts }),
});
const detokenizeSchema = z.looseObject({
  lang: z.string(),
  uppercase_first: z.literal(false).optional(),
});
const cleanSchema = z.looseObject({
  min: z.int(),
  max: z.int(),
  ratio: z.number(),
  lowercase: z.boolean(),
  ignore_ratio: z.boolean(),
  max_word_length: z.int(),
});

/** Computes what a file of kind `moses_punctuation` holds. */
export function verifyMosesPunctuation(golden: TextGolden): Record<string, unknown> {
  const config = golden.config(punctuationSchema);
  return {
    lines: golden.input(linesInput).lines.map((line) => {
      const printing = config.remove_non_printing ? removeNonPrinting(line) : line;
      return config.normalize ? normalizePunctuation(printing, config.lang, config.penn) : printing;
    }),
  };
}

/** Computes what a file of kind `moses_tokenize` holds. */
export function verifyMosesTokenize(golden: TextGolden): Record<string, unknown> {
  const config = golden.config(tokenizeSchema);
  const tokenizer = new MosesTokenizer(config.lang, {
    prefixes: {
      always: new Set(config.nonbreaking_prefixes.always),
      numericOnly: new Set(config.nonbreaking_prefixes.numeric_only),
    },
    aggressive: config.aggressive,
    escape: config.escape,
  });
  return { lines: golden.input(linesInput).lines.map((line) => tokenizer.tokenize(line)) };
}

/** Computes what a file of kind `moses_detokenize` holds. */
export function verifyMosesDetokenize(golden: TextGolden): Record<string, unknown> {
  const { lang } = golden.config(detokenizeSchema);
  return { lines: golden.input(linesInput).lines.map((line) => detokenizeMoses(line, lang)) };
}

/** Computes what a file of kind `moses_clean` holds. */
export function verifyMosesClean(golden: TextGolden): Record<string, unknown> {
  const config = golden.config(cleanSchema);
  const { src, tgt } = golden.input(pairsInput);
  if (src.length !== tgt.length) {
    throw new UserError(`${golden.where}: input: ${src.length} lines of src, ${tgt.length} of tgt`);
  }
  const cleaner = new CorpusCleaner({
    min: config.min,
    max: config.max,
    ratio: config.ratio,
    ignoreRatio: config.ignore_ratio,
    maxWordLength: config.max_word_length,
    lowercase: config.lowercase,
  });
  const kept = src.flatMap((source, i) => {
    const pair = cleaner.clean(source, tgt[i]);
    return pair === undefined ? [] : [{ line: i + 1, ...pair }];
  });
  return {
    kept_line_numbers_from_1: kept.map(({ line }) => line),
    src: kept.map(({ source }) => source),
    tgt: kept.map(({ target }) => target),
  };
}
