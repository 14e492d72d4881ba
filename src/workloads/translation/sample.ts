/** A few translations to look at. */
import type { DecodedSplit } from "../../train/workload.ts";

/** Sentences that a sample shows. */
const shown = 3;

/**
 * Sources, references and translations of the first sentences of the test split, a line each; the
 * translations alone where a licence does not let results quote the text.
 */
export function sampleTranslations(decoded: readonly DecodedSplit[]): string {
  const test = decoded.find(({ split }) => split === "test");
  if (test === undefined) return "";
  const { sources, references, hypotheses, quotable } = test;
  return hypotheses.slice(0, shown).map((hypothesis, i) =>
    [
      ...quotable ? [`source:      ${sources[i]}`, `reference:   ${references[i]}`] : [],
      `translation: ${hypothesis}`,
    ].join("\n")
  ).join("\n\n");
}
