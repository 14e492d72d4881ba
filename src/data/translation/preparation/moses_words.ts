import type { NonbreakingPrefixes } from "../moses/prefixes.ts";
import type { Language } from "../parallel_corpus.ts";
import { prefixesSpec } from "../text_pipeline.ts";
import type { WordsSpec } from "./side_job.ts";

/**
 * Words as the preparation scripts have Moses make them: neither hyphens split nor entities
 * written (`tokenizer.perl -no-escape`).
 *
 * @param options `normalize`: first remove control characters and normalise punctuation.
 */
export function mosesWords(
  prefixes: Readonly<Record<Language, NonbreakingPrefixes>>,
  { lowercase, normalize = false }: { readonly lowercase: boolean; readonly normalize?: boolean },
): WordsSpec {
  const flags = { normalize, aggressive: false, escape: false };
  return { tokenizer: { name: "moses", ...flags, prefixes: prefixesSpec(prefixes) }, lowercase };
}
