import assert from "node:assert/strict";
import { fixtureLanguageRow } from "../result_fixture.ts";
import { fixtureTranslationRow } from "../translation_fixture.ts";
import { samplesText } from "./samples.ts";
import { parseTranslationSample, translationSample } from "./translation_sample.ts";

Deno.test("samples of the first seed are shown, wrapped, and trials are not", () => {
  const row = fixtureLanguageRow({ task: "characters", seed: 1 });
  const text = samplesText([
    { ...row, sample: "one two three four five six seven\nnine" },
    { ...row, role: "trial", sample: "a trial" },
    { ...row, seed: 2, sample: "another seed" },
  ], 24);
  assert.equal(
    text,
    [
      "Samples (seed 1, temperature 0.8)",
      "  Characters · Mega",
      "    one two three four",
      "    five six seven",
      "    nine",
    ].join("\n"),
  );
});

Deno.test("rows without samples show nothing", () => {
  assert.equal(
    samplesText([{ ...fixtureLanguageRow({ task: "characters", seed: 1 }), sample: null }], 80),
    "",
  );
});

Deno.test("translations stand below their source and reference, models side by side", () => {
  const row = (model: string, translation: string, seed = 1) => ({
    ...fixtureTranslationRow({ model, seed }),
    sample: translationSample([
      { source: "the third of May nineteen eighty", reference: "der dritte Mai", translation },
      { source: "two", reference: "zwei", translation: " zwei\n" },
    ]),
  });
  const text = samplesText([
    fixtureLanguageRow({ task: "characters" }),
    row("transformer", "der dritte"),
    row("mega-laplace", ""),
    row("mega-laplace", "other seed", 2),
  ], 40);
  assert.equal(
    text,
    [
      "Samples (seed 1, temperature 0.8)",
      "  Characters · Mega",
      "    the tree of the north",
      "",
      "Translations (Numbers, en → de, seed 1)",
      "  source        the third of May",
      "                nineteen eighty",
      "  reference     der dritte Mai",
      "  Transformer   der dritte",
      "  Mega laplace  …",
      "",
      "  source        two",
      "  reference     zwei",
      "  Transformer   zwei",
      "  Mega laplace  zwei",
    ].join("\n"),
  );
});

Deno.test("a sample of another form than three lines a sentence is no translation", () => {
  assert.equal(parseTranslationSample("one\ntwo"), null);
  assert.deepEqual(parseTranslationSample("a\nb\nc\n\nd\ne\nf\n")?.map(({ source }) => source), [
    "a",
    "d",
  ]);
});
