import assert from "node:assert/strict";
import type { TokenUnit } from "../data/lm/corpus.ts";
import { Dictionary } from "../data/lm/dictionary.ts";
import { countingSplit } from "../data/lm/lm_testing.ts";
import { EOS_ID, UNK_ID } from "../data/vocabulary.ts";
import { UserError } from "../errors.ts";
import { tinyMega } from "../models/language_model_testing.ts";
import { languageModelHead, languageModelOf } from "./language_model_file.ts";

function headOf(symbols: readonly string[], unit: TokenUnit) {
  const dictionary = Dictionary.fromCounts(new Map(symbols.map((symbol, i) => [symbol, 9 - i])));
  const split = countingSplit([3]);
  const head = languageModelHead(
    tinyMega(dictionary.size),
    {
      kind: "language-modelling",
      id: "tiny",
      version: "1",
      origin: "generated",
      source: "a test",
      unit,
      dictionary,
      splits: { train: split, valid: split, test: split },
      hash: { train: "0", valid: "0", test: "0" },
      [Symbol.dispose]() {},
    },
    "mega",
    7,
  );
  return { head, dictionary };
}

function loadedOf(symbols: readonly string[], unit: TokenUnit) {
  const { head, dictionary } = headOf(symbols, unit);
  return { ...languageModelOf(head, "model.safetensors"), dictionary };
}

/** The text that a decoder makes of ids. */
function textOf(ids: readonly number[], decode: (token: number) => string): string {
  return ids.map(decode).join("");
}

Deno.test("a head says which model it is, on which text, and with which alphabet", () => {
  const { head } = headOf(["a", " "], "character");
  assert.deepEqual([head.kind, head.task, head.model, head.seed, head.unit], [
    "language-model",
    "tiny",
    "mega",
    7,
    "character",
  ]);
  const { excluded, encode } = languageModelOf(head, "model.safetensors");
  assert.deepEqual(encode("a a"), [4, 5, 4]);
  assert.deepEqual(excluded, [6, 7]);
});

Deno.test("characters of a prompt are its code points, and lines end in </s>", () => {
  const { encode, decoder } = loadedOf(["a", "😀", " "], "character");
  assert.deepEqual(encode("a😀\n\n a"), [4, 5, EOS_ID, EOS_ID, 6, 4]);
  assert.deepEqual(encode("a\n"), [4, EOS_ID]);
  assert.deepEqual(encode(""), []);
  assert.equal(textOf(encode("a😀\n\n a"), decoder()), "a😀\n\n a");
});

Deno.test("a character that the model has never seen is the user's error, in one line", () => {
  const { encode } = loadedOf(["a"], "character");
  assert.throws(() => encode("a\té"), /^UserError: the model has never seen the character "\\t"$/);
  assert.throws(() => encode("aé"), UserError);
});

Deno.test("words of a prompt stand between white space; unknown ones become <unk>", () => {
  const { encode, decoder } = loadedOf(["the", "king"], "word");
  assert.deepEqual(encode("the  king\nqueen the"), [4, 5, EOS_ID, UNK_ID, 4]);
  assert.deepEqual(encode(" the\tking "), [4, 5]);
  assert.equal(textOf(encode("the  king\nqueen the"), decoder()), "the king\n<unk> the");
});

Deno.test("bytes of a prompt are those of UTF-8", () => {
  const bytes = [...new TextEncoder().encode("a€")].map(String);
  const { encode, decoder } = loadedOf(bytes, "byte");
  assert.deepEqual(encode("a€\n€"), [4, 5, 6, 7, EOS_ID, 5, 6, 7]);
  assert.equal(textOf(encode("a€\n€"), decoder()), "a€\n€");
});

Deno.test("files of other kinds and broken configurations are refused, naming the file", () => {
  const { head } = headOf(["a"], "character");
  assert.throws(
    () =>
      languageModelOf({
        format: head.format,
        kind: "translation",
        task: head.task,
        model: head.model,
        seed: head.seed,
        config: head.config,
        dictionary: head.dictionary,
        direction: "en-de",
        pipeline: null,
        sourcePadding: "right",
      }, "x.safetensors"),
    /^UserError: x.safetensors: a model for translation: use deno task translate$/,
  );
  assert.throws(
    () => languageModelOf({ ...head, config: { vocabulary: 3 } }, "x.safetensors"),
    /^UserError: x.safetensors: model configuration: [^\n]+$/,
  );
  assert.throws(() => languageModelOf({ ...head, dictionary: "a\n" }, "x.safetensors"), UserError);
});
