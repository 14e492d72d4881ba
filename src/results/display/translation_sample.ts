/** A sentence, its reference, and what a model made of it. */
export interface SampleTranslation {
  /** Null where a licence does not let results quote the text. */
  source: string | null;
  /** Null as the source is. */
  reference: string | null;
  translation: string;
}

/**
 * Reads the `sample` of a translation run: blocks of labelled lines (`source:`, `reference:`,
 * `translation:`) with an empty line between, or of the last line alone.
 *
 * @returns Null for a text of another form.
 */
export function parseTranslationSample(sample: string): SampleTranslation[] | null {
  const blocks = sample.trim().split(/\n{2,}/).map((block) => block.split("\n").map(readLine));
  const found = blocks.map((lines) => {
    const text = (label: string) => lines.find((line) => line?.label === label)?.text ?? null;
    const labels = lines.map((line) => line?.label).join();
    const translation = text("translation");
    const isKnown = ["source,reference,translation", "translation"].includes(labels);
    if (!isKnown || translation === null) return null;
    return { source: text("source"), reference: text("reference"), translation };
  });
  return found.every((block) => block !== null) ? found : null;
}

function readLine(line: string): { label: string; text: string } | null {
  const [, label, text] = /^(\w+):\s*(.*)$/.exec(line) ?? [];
  return label === undefined || text === undefined ? null : { label, text };
}

/** A sentence of a task with what every model made of it. */
export interface SampleSentence {
  source: string | null;
  reference: string | null;
  /** In the order of the models; an ellipsis for an empty text. */
  translations: { model: string; text: string }[];
}

/**
 * Sentences with their translations by several models side by side, in order of first appearance.
 *
 * @param samples The `sample` of each model.
 * @returns Null when one is of another form.
 */
export function sampleSentences(
  samples: readonly { model: string; sample: string }[],
): SampleSentence[] | null {
  const sentences = new Map<string, SampleSentence>();
  for (const { model, sample } of samples) {
    const translations = parseTranslationSample(sample);
    if (translations === null) return null;
    translations.forEach(({ source, reference, translation }, i) => {
      const key = JSON.stringify([i, source, reference]);
      const sentence = sentences.get(key) ?? { source, reference, translations: [] };
      sentence.translations.push({ model, text: translation.trim() || "…" });
      sentences.set(key, sentence);
    });
  }
  return [...sentences.values()];
}
