import assert from "node:assert/strict";
import { fixtureLanguageRow } from "../result_fixture.ts";
import { fixtureSample, fixtureTranslationRow } from "../translation_fixture.ts";
import { samplesText } from "./samples.ts";
import { parseTranslationSample } from "./translation_sample.ts";

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
    sample: fixtureSample([
      ["the third of May nineteen eighty", "der dritte Mai", translation],
      ["two", "zwei", "zwei"],
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

Deno.test("translations of a text that results may not quote stand alone", () => {
  const row = (model: string, sample: string) => ({ ...fixtureTranslationRow({ model }), sample });
  assert.equal(
    samplesText([
      row("transformer", "translation: zwei\n\ntranslation:"),
      row("mega", "translation: drei\n\ntranslation: vier"),
    ], 80),
    [
      "Translations (Numbers, en → de, seed 1)",
      "  Transformer  zwei",
      "  Mega         drei",
      "",
      "  Transformer  …",
      "  Mega         vier",
    ].join("\n"),
  );
});

Deno.test("a sample of another form is shown as it is", () => {
  for (const sample of ["one\ntwo", "source: a\ntranslation: b", "translation: a\n\nother"]) {
    assert.equal(parseTranslationSample(sample), null);
  }
  const text = samplesText([{ ...fixtureTranslationRow(), sample: "one\ntwo" }], 80);
  assert.match(text, /Numbers, en → de · Mega\n {4}one\n {4}two$/);
});
