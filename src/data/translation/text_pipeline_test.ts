import assert from "node:assert/strict";
import { UserError } from "../../errors.ts";
import { builtinPrefixes } from "./moses/builtin_prefixes.ts";
import {
  parseTextPipeline,
  prefixesSpec,
  textPipeline,
  type TextPipelineSpec,
} from "./text_pipeline.ts";

const CODES = "#version: 0.2\nh a\nha u\n";
const PREFIXES = prefixesSpec({ en: builtinPrefixes("en"), de: builtinPrefixes("de") });
const MOSES: TextPipelineSpec = {
  tokenizer: {
    name: "moses",
    normalize: false,
    aggressive: true,
    escape: true,
    prefixes: PREFIXES,
  },
  lowercase: true,
  codes: CODES,
};

Deno.test("words without a tokeniser are what white space separates", () => {
  const pipeline = textPipeline({ tokenizer: { name: "none" }, lowercase: false, codes: CODES });
  assert.equal(pipeline.tokenize("  ein\tHaus, ", "de"), "ein Haus,");
  assert.equal(pipeline.encode("haus", "de"), "hau@@ s");
  assert.equal(pipeline.join("ein hau@@ s"), "ein haus");
  assert.equal(pipeline.detokenize("ein Haus,", "de"), "ein Haus,");
  const whole = textPipeline({ tokenizer: { name: "none" }, lowercase: false, codes: null });
  assert.equal(whole.encode("  ein\tHaus, ", "de"), "ein Haus,");
});

Deno.test("lines go through Moses, lower case and pieces, and back", () => {
  const pipeline = textPipeline(MOSES);
  const line = "Mr. Haus' half-time: 3.5 %";
  assert.equal(pipeline.tokenize(line, "en"), "mr. haus &apos; half @-@ time : 3.5 %");
  const pieces = pipeline.encode(line, "en");
  assert.ok(pieces.includes("hau@@ s"));
  assert.equal(pipeline.join(pieces), pipeline.tokenize(line, "en"));
  assert.equal(pipeline.detokenize(pipeline.join(pieces), "en"), "mr. haus' half-time: 3.5%");
});

Deno.test("languages have rules and abbreviations of their own", () => {
  const pipeline = textPipeline({ ...MOSES, lowercase: false, codes: null });
  assert.equal(pipeline.tokenize("don't 3. Oktober", "en"), "don &apos;t 3 . Oktober");
  assert.equal(pipeline.tokenize("am 3. Oktober", "de"), "am 3. Oktober");
});

Deno.test("punctuation is normalised only where it is asked for", () => {
  const { tokenizer, ...rest } = MOSES;
  assert.ok(tokenizer.name === "moses");
  const normalizing = textPipeline({ ...rest, tokenizer: { ...tokenizer, normalize: true } });
  assert.equal(normalizing.tokenize("„a“\u0007", "en"), "&quot; a &quot;");
  assert.equal(textPipeline(MOSES).tokenize("„a“", "en"), "„ a “");
});

Deno.test("a specification survives JSON, and others are refused", () => {
  const read: unknown = JSON.parse(JSON.stringify(MOSES));
  assert.deepEqual(parseTextPipeline(read, "model"), MOSES);
  for (const wrong of [null, { ...MOSES, codes: 3 }, { ...MOSES, more: 1 }]) {
    assert.throws(
      () => parseTextPipeline(wrong, "model"),
      (error) => error instanceof UserError && /^model: its text pip[^\n]*$/.test(error.message),
    );
  }
  assert.throws(() => textPipeline({ ...MOSES, codes: "a b\n" }), UserError);
});
