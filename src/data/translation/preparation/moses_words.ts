import type { NonbreakingPrefixes } from "../moses/prefixes.ts";
import type { Language } from "../parallel_corpus.ts";
import type { TextPipelineSpec } from "../text_pipeline.ts";

/** The tokeniser of Moses for a text pipeline, with its lists of abbreviations. */
export function mosesWords(
  prefixes: Readonly<Record<Language, NonbreakingPrefixes>>,
): TextPipelineSpec["tokenizer"] {
  const lists = (language: Language) => ({
    always: [...prefixes[language].always],
    numericOnly: [...prefixes[language].numericOnly],
  });
  return { name: "moses", prefixes: { en: lists("en"), de: lists("de") } };
}
