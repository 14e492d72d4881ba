import type { NonbreakingPrefixes } from "../moses/prefixes.ts";
import type { Language } from "../parallel_corpus.ts";
import { prefixesSpec } from "../text_pipeline.ts";
import type { TextPipelineSpec } from "../text_pipeline_spec.ts";

/**
 * The tokeniser of Moses as the reference calls it, `tokenizer.perl -no-escape`, with its lists of
 * abbreviations; punctuation is normalised in training text only, before.
 */
export function mosesWords(
  prefixes: Readonly<Record<Language, NonbreakingPrefixes>>,
): TextPipelineSpec["tokenizer"] {
  return {
    name: "moses",
    normalize: false,
    aggressive: false,
    escape: false,
    prefixes: prefixesSpec(prefixes),
  };
}
