import { joinPieces } from "../lm/dictionary.ts";
import { splitWords } from "../lm/words.ts";
import { BpeCodes } from "./bpe/codes.ts";
import { BpeEncoder } from "./bpe/encoder.ts";
import { detokenizeMoses } from "./moses/detokenizer.ts";
import { normalizePunctuation } from "./moses/normalize_punctuation.ts";
import type { NonbreakingPrefixes } from "./moses/prefixes.ts";
import { removeNonPrinting } from "./moses/remove_non_printing.ts";
import { MosesTokenizer } from "./moses/tokenizer.ts";
import type { Language, TextPipeline } from "./parallel_corpus.ts";
import type { MosesSpec, TextPipelineSpec } from "./text_pipeline_spec.ts";

export {
  parseTextPipeline,
  textPipelineSchema,
  type TextPipelineSpec,
} from "./text_pipeline_spec.ts";

/** Abbreviations of both languages as plain JSON, for {@link textPipelineSchema}. */
export function prefixesSpec(
  prefixes: Readonly<Record<Language, NonbreakingPrefixes>>,
): MosesSpec["prefixes"] {
  const listed = ({ always, numericOnly }: NonbreakingPrefixes) => ({
    always: [...always],
    numericOnly: [...numericOnly],
  });
  return { en: listed(prefixes.en), de: listed(prefixes.de) };
}

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

function mosesWords({ normalize, aggressive, escape, prefixes }: MosesSpec): Words {
  const tokenizerOf = (language: Language) => {
    const { always, numericOnly } = prefixes[language];
    return new MosesTokenizer(language, {
      prefixes: { always: new Set(always), numericOnly: new Set(numericOnly) },
      aggressive,
      escape,
    });
  };
  const tokenizers = { en: tokenizerOf("en"), de: tokenizerOf("de") };
  return {
    tokenize(line, language) {
      const text = normalize ? normalizePunctuation(removeNonPrinting(line), language) : line;
      return tokenizers[language].tokenize(text);
    },
    detokenize: detokenizeMoses,
  };
}

/** The pipeline of a specification. @throws {UserError} for codes that cannot be read. */
export function textPipeline({ tokenizer, lowercase, codes }: TextPipelineSpec): TextPipeline {
  const words = tokenizer.name === "moses" ? mosesWords(tokenizer) : PLAIN_WORDS;
  const encoder = codes === null
    ? undefined
    : new BpeEncoder(BpeCodes.parse(codes, "codes of the text pipeline"));
  const tokenize = (line: string, language: Language) => {
    const tokenized = words.tokenize(line, language);
    return lowercase ? tokenized.toLowerCase() : tokenized;
  };
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
