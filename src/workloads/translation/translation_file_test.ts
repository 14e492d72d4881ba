import assert from "node:assert/strict";
import { dataOfLines, type LinePair } from "../../data/translation/pair_testing.ts";
import { tinyTranslation } from "../../models/translation_testing.ts";
import { modelHeadSchema, type TranslationHead } from "../../train/model_file.ts";
import { translationHead, translationModelOf } from "./translation_file.ts";

const pairs: readonly LinePair[] = [["one house", "ein Haus"]];
const codes = "#version: 0.2\nH a\nHa u\n";
const data = dataOfLines({ train: pairs, valid: pairs, test: pairs }, {
  direction: { source: "de", target: "en" },
  pipeline: { tokenizer: { name: "none" }, lowercase: false, codes },
});
const config = tinyTranslation("mega-laplace", { vocabulary: data.dictionary.size });
const { validation, final } = {
  validation: { beam: 1, lengthPenalty: 1, maxLengthA: 1, maxLengthB: 1 },
  final: { beam: 5, lengthPenalty: 1, maxLengthA: 1, maxLengthB: 1 },
};
const head = translationHead(
  config,
  data,
  {
    sourcePadding: "left",
    maxTokens: 8,
    shapes: 1,
    maxLength: 8,
    validation,
    final,
    limits: {},
  },
  "mega-laplace",
  7,
);

Deno.test("a head says which model it is, how it reads and writes lines, and survives JSON", () => {
  assert.deepEqual([head.kind, head.task, head.model, head.seed, head.direction], [
    "translation",
    "tiny",
    "mega-laplace",
    7,
    "de-en",
  ]);
  const read = modelHeadSchema.parse(JSON.parse(JSON.stringify(head)));
  assert.deepEqual(read, head);
  const loaded = translationModelOf(read, "model.safetensors");
  assert.deepEqual(loaded.config, config);
  assert.deepEqual(loaded.direction, { source: "de", target: "en" });
  assert.equal(loaded.sourcePadding, "left");
  assert.deepEqual(loaded.dictionary.symbols, data.dictionary.symbols);
  const pieces = loaded.pipeline.encode("ein Haus", "de");
  assert.ok(pieces.includes("Hau@@ s"), pieces);
  assert.equal(loaded.pipeline.join(pieces), "ein Haus");
});

Deno.test("another kind of model is refused, and says what reads it", () => {
  assert.throws(
    () =>
      translationModelOf({
        format: head.format,
        kind: "language-model",
        task: "words",
        model: "mega",
        seed: 1,
        config: {},
        dictionary: "",
        unit: "word",
      }, "x.safetensors"),
    /^UserError: x\.safetensors: a language model: use deno task generate$/,
  );
});

Deno.test("heads with broken parts are refused in one line, naming the file", () => {
  const cases: [Partial<TranslationHead>, RegExp][] = [
    [{ config: { vocabulary: 3 } }, /model configuration: /],
    [{ dictionary: "a\n" }, /:1: expected a symbol/],
    [{ dictionary: "a 1\n" }, /a dictionary of 5 symbols, its model has \d+: train the model anew/],
    [{ pipeline: { tokenizer: { name: "none" } } }, /its text pipeline is not readable/],
  ];
  for (const [part, message] of cases) {
    assert.throws(
      () => translationModelOf({ ...head, ...part }, "x.safetensors"),
      (error: unknown) => {
        assert.match(String(error), /^UserError: x\.safetensors:[^\n]+$/);
        assert.match(String(error), message);
        return true;
      },
    );
  }
});
