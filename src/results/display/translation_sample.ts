/** A sentence, its reference, and what a model made of it. */
export interface SampleTranslation {
  source: string;
  reference: string;
  translation: string;
}

/**
 * Translations as the `sample` of a result row holds them: three lines each (source, reference,
 * translation), with an empty line between; what is empty is `…`.
 */
export function translationSample(samples: readonly SampleTranslation[]): string {
  const line = (text: string) => text.replace(/\s+/g, " ").trim() || "…";
  return samples.map(({ source, reference, translation }) =>
    [source, reference, translation].map(line).join("\n")
  ).join("\n\n");
}

/** Reads what {@link translationSample} wrote; null for a text of another form. */
export function parseTranslationSample(sample: string): SampleTranslation[] | null {
  const groups = sample.trim().split(/\n{2,}/).map((group) => group.split("\n"));
  if (groups.some((lines) => lines.length !== 3)) return null;
  return groups.map(([source, reference, translation]) => ({ source, reference, translation }));
}

/** A sentence of a task with what every model made of it. */
export interface SampleSentence {
  source: string;
  reference: string;
  /** In the order of the models. */
  translations: { model: string; text: string }[];
}

/**
 * Sentences with their translations by several models side by side, in order of first appearance.
 *
 * @param samples The `sample` of each model; models whose text is of another form are left out.
 */
export function sampleSentences(
  samples: readonly { model: string; sample: string }[],
): SampleSentence[] {
  const sentences = new Map<string, SampleSentence>();
  for (const { model, sample } of samples) {
    for (const { source, reference, translation } of parseTranslationSample(sample) ?? []) {
      const key = JSON.stringify([source, reference]);
      const sentence = sentences.get(key) ?? { source, reference, translations: [] };
      sentence.translations.push({ model, text: translation });
      sentences.set(key, sentence);
    }
  }
  return [...sentences.values()];
}
