import { z } from "zod";
import { joinPieces } from "../lm/dictionary.ts";
import { splitWords } from "../lm/words.ts";
import { BpeCodes } from "./bpe/codes.ts";
import { BpeEncoder } from "./bpe/encoder.ts";
import { detokenizeMoses } from "./moses/detokenizer.ts";
import { MosesTokenizer } from "./moses/tokenizer.ts";
import type { Language, TextPipeline } from "./parallel_corpus.ts";

/** Words are what white space separates. */
const plainSchema = z.strictObject({ name: z.literal("none") });

const listSchema = z.strictObject({
  always: z.array(z.string()),
  numericOnly: z.array(z.string()),
});
/** Words of Moses, with its lists of abbreviations inside. */
const mosesSchema = z.strictObject({
  name: z.literal("moses"),
  /** Lists of abbreviations: see `NonbreakingPrefixes`. */
  prefixes: z.strictObject({ en: listSchema, de: listSchema }),
});

/** Everything that turns lines into pieces and back, as plain JSON: kept inside model files. */
export const textPipelineSchema = z.strictObject({
  tokenizer: z.discriminatedUnion("name", [plainSchema, mosesSchema]),
  /** Whether text is lower-cased before anything else. */
  lowercase: z.boolean(),
  /** The content of a codes file of byte pair encoding; null for whole words. */
  codes: z.string().nullable(),
});
/** See {@link textPipelineSchema}. */
export type TextPipelineSpec = z.infer<typeof textPipelineSchema>;

/** Mark of pieces that do not end a word. */
const SEPARATOR = "@@ ";

/** How words are found in a line, and how a line is made of words. */
interface Words {
  tokenize(line: string, language: Language): string;
  detokenize(words: string, language: Language): string;
}

const PLAIN_WORDS: Words = {
  tokenize: (line) => splitWords(line).join(" "),
  detokenize: (words) => words,
};

function mosesWords({ prefixes }: z.infer<typeof mosesSchema>): Words {
  const tokenizer = (language: Language) => {
    const { always, numericOnly } = prefixes[language];
    return new MosesTokenizer(language, {
      prefixes: { always: new Set(always), numericOnly: new Set(numericOnly) },
    });
  };
  const tokenizers = { en: tokenizer("en"), de: tokenizer("de") };
  return {
    tokenize: (line, language) => tokenizers[language].tokenize(line),
    detokenize: detokenizeMoses,
  };
}

/** The pipeline of a specification. @throws {UserError} for codes that cannot be read. */
export function textPipeline({ tokenizer, lowercase, codes }: TextPipelineSpec): TextPipeline {
  const words = tokenizer.name === "moses" ? mosesWords(tokenizer) : PLAIN_WORDS;
  const encoder = codes === null
    ? undefined
    : new BpeEncoder(BpeCodes.parse(codes, { where: "codes of the text pipeline" }));
  const tokenize = (line: string, language: Language) =>
    words.tokenize(lowercase ? line.toLowerCase() : line, language);
  return {
    tokenize,
    encode(line, language) {
      const tokenized = tokenize(line, language);
      return encoder === undefined ? tokenized : encoder.encode(tokenized);
    },
    join: (pieces) => joinPieces(pieces, SEPARATOR),
    detokenize: (text, language) => words.detokenize(text, language),
  };
}
