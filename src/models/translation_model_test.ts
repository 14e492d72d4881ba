import assert from "node:assert/strict";
import { interpret } from "../compiler/evaluate.ts";
import { gradients } from "../compiler/gradient.ts";
import { UserError } from "../errors.ts";
import { freshGraph } from "../graph/build.ts";
import { parameter } from "../../kernels/source/mod.ts";
import { ModelContext } from "../nn/context.ts";
import { parseTranslationConfig, type TranslationConfig } from "./translation_config.ts";
import { buildTranslation, translationInputs, translationParameters } from "./translation_model.ts";
import { translationNames } from "./translation_preset_types.ts";
import { tinyTranslation, tinyTranslationMega } from "./translation_testing.ts";

/** Sources and targets of two rows, padded with 1 to a rectangle. */
interface Rows {
  readonly source: readonly (readonly number[])[];
  readonly target: readonly (readonly number[])[];
}

const source = [[5, 7, 3, 9, 2], [1, 1, 4, 8, 2]];
const target = [[6, 4, 10, 2], [7, 2, 1, 1]];

/** Losses, encoded source, logits and attention in float64, and gradients of all parameters. */
function run(
  config: TranslationConfig,
  rows: Rows,
  options: { readonly labelSmoothing?: number; readonly training?: boolean } = {},
) {
  const { labelSmoothing = 0.1, training = false } = options;
  return freshGraph(() => {
    const ctx = new ModelContext({ training });
    const inputs = translationInputs(
      rows.source.length,
      rows.source[0].length,
      rows.target[0].length,
    );
    const built = buildTranslation(config, ctx, inputs, { labelSmoothing });
    const { collected } = ctx;
    // A fresh Mega hardly uses its source: larger weights make what is tested visible.
    const feeds = new Map<string, ArrayLike<number>>(
      [...collected.initialize(1)].map(([name, values]) => [name, values.map((v) => 4 * v)]),
    );
    feeds.set("source", rows.source.flat());
    feeds.set("target", rows.target.flat());
    feeds.set(
      "previous",
      rows.target.flatMap((row) =>
        [2, ...row.slice(0, -1)].map((word, i) => i > 0 && row[i] === 1 ? 1 : word)
      ),
    );
    const parameters = collected.parameters.map(({ name, shape }) => parameter(name, shape));
    const grads = training ? gradients(built.lossSum, parameters) : [];
    const outputs = [built.lossSum, built.nllSum, built.encoded, built.logits(), built.attention()];
    const results = interpret([...outputs, ...grads], feeds).map(({ data }) => Array.from(data));
    const [[loss], [nll], encoded, logits, attention, ...rest] = results;
    const names = collected.parameters.map(({ name }) => name);
    return {
      loss,
      nll,
      encoded,
      logits,
      attention,
      gradients: new Map(rest.map((data, i) => [names[i], data])),
    };
  });
}

const close = (a: readonly number[], b: readonly number[], tolerance = 1e-6) => {
  assert.equal(a.length, b.length);
  a.forEach((value, i) =>
    assert.ok(Math.abs(value - b[i]) <= tolerance, `${i}: ${value}, ${b[i]}`)
  );
};

/** −log p of all words at every target position. */
function surprises(logits: readonly number[], vocabulary: number): number[][] {
  return Array.from({ length: logits.length / vocabulary }, (_, r) => {
    const row = logits.slice(r * vocabulary, (r + 1) * vocabulary);
    const total = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
    return row.map((value) => total - value);
  });
}

for (const model of translationNames) {
  const config = tinyTranslation(model);

  Deno.test(`translation by ${model} sees the whole source and no later word of the target`, () => {
    const before = run(config, { source, target });
    const later = run(config, { source, target: [[6, 4, 11, 2], target[1]] });
    const row = 3 * config.vocabulary;
    assert.deepEqual(later.logits.slice(0, row), before.logits.slice(0, row));
    assert.notDeepEqual(later.logits.slice(row, row + 13), before.logits.slice(row, row + 13));
    const other = run(config, { source: [[5, 7, 3, 10, 2], source[1]], target });
    assert.notDeepEqual(other.logits.slice(0, 13), before.logits.slice(0, 13));
    const second = 4 * config.vocabulary;
    assert.deepEqual(other.logits.slice(second), before.logits.slice(second));
  });

  Deno.test(`every parameter of ${model} for translation is trained`, () => {
    const { gradients } = run(config, { source, target }, { training: true });
    for (const [name, values] of gradients) {
      // The offset of all keys changes no softmax.
      if (model !== "mega-laplace" && name.endsWith("k_proj.bias")) continue;
      assert.ok(values.some((value) => value !== 0), name);
    }
  });

  Deno.test(`${model} smooths labels over all words and counts words of the target alone`, () => {
    const { loss, nll, logits } = run(config, { source, target });
    const words = target.flat();
    const { vocabulary } = config;
    let [expected, plain] = [0, 0];
    surprises(logits, vocabulary).forEach((row, i) => {
      if (words[i] === 1) return;
      const all = row.reduce((a, b) => a + b);
      plain += row[words[i]];
      expected += 0.9 * row[words[i]] + 0.1 / vocabulary * all;
    });
    close([loss, nll], [expected, plain]);
    const exact = run(config, { source, target }, { labelSmoothing: 0 });
    close([exact.loss, exact.nll], [plain, plain]);
  });

  Deno.test(`padding on the right does not change what ${model} makes of a pair`, () => {
    const pair = { source: [[4, 8, 2]], target: [[7, 2]] };
    const alone = run(config, pair);
    const padded = run(config, { source: [[4, 8, 2, 1, 1]], target: [[7, 2, 1, 1]] });
    close([padded.loss], [alone.loss]);
    close(padded.logits.slice(0, 26), alone.logits);
    close(padded.encoded.slice(0, 24), alone.encoded);
    // Nothing attends to padding.
    padded.attention.forEach((weight, i) => assert.ok(i % 5 < 3 || weight === 0));
  });

  Deno.test(`a source that is all padding leaves the losses of ${model} finite`, () => {
    const { loss, gradients } = run(config, { source: [source[0], [1, 1, 1, 1, 1]], target }, {
      training: true,
    });
    assert.ok(Number.isFinite(loss));
    for (const [name, values] of gradients) assert.ok(values.every(Number.isFinite), name);
  });
}

Deno.test("padding on the left moves the relative positions of Mega, not those of the Transformer", () => {
  const difference = (model: typeof translationNames[number]) => {
    const config = tinyTranslation(model);
    const left = run(config, { source: [[1, 1, 4, 8, 2]], target: [[7, 2]] });
    return Math.abs(left.loss - run(config, { source: [[4, 8, 2]], target: [[7, 2]] }).loss);
  };
  assert.ok(difference("mega") > 1e-4);
  assert.ok(difference("transformer") < 1e-9);
});

Deno.test("a chunk that holds the sentences changes nothing, a shorter one does", () => {
  const chunked = (chunk: number | null) => {
    const stack = tinyTranslationMega({ chunk, relativeBias: "rotary" });
    return run(tinyTranslation("mega", { encoder: stack, decoder: stack }), { source, target });
  };
  const whole = chunked(null);
  assert.deepEqual(chunked(8).logits, whole.logits);
  const cut = chunked(3);
  assert.equal(cut.logits.length, whole.logits.length);
  assert.equal(cut.attention.length, whole.attention.length);
  assert.notDeepEqual(cut.logits, whole.logits);
});

Deno.test("large vocabularies have the losses of stored logits", () => {
  const config = tinyTranslation("transformer", { vocabulary: 5000 });
  const { loss, nll, logits } = run(config, { source, target });
  const words = target.flat();
  let [expected, plain] = [0, 0];
  surprises(logits, 5000).forEach((row, i) => {
    if (words[i] === 1) return;
    plain += row[words[i]];
    expected += 0.9 * row[words[i]] + 0.1 / 5000 * row.reduce((a, b) => a + b);
  });
  close([loss, nll], [expected, plain]);
});

Deno.test("tables of words are shared as the configuration says", () => {
  const tables = (sharedEmbeddings: TranslationConfig["sharedEmbeddings"]) => {
    const { parameters, aliases } = translationParameters(
      tinyTranslation("mega", { sharedEmbeddings }),
    );
    const own = parameters.map(({ name }) => name)
      .filter((name) => /embed_tokens|output_projection/.test(name));
    return { own: own.sort(), aliases: Object.fromEntries(aliases) };
  };
  const [encoder, decoder] = ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight"];
  const output = "decoder.output_projection.weight";
  assert.deepEqual(tables("all"), {
    own: [encoder],
    aliases: { [decoder]: encoder, [output]: encoder },
  });
  assert.deepEqual(tables("decoder"), { own: [decoder, encoder], aliases: { [output]: decoder } });
  assert.deepEqual(tables("none"), { own: [decoder, output, encoder].sort(), aliases: {} });
});

Deno.test("an encoder and a decoder of different kinds fit together", () => {
  const [mega, transformer] = [tinyTranslation("mega"), tinyTranslation("transformer")];
  const mixed = { ...mega, decoder: transformer.decoder };
  const { gradients } = run(mixed, { source, target }, { training: true });
  assert.ok(gradients.get("encoder.layers.0.mega_layer.gamma")?.some((value) => value !== 0));
  assert.ok(gradients.get("decoder.layers.0.encoder_attn.q_proj.weight")?.some((v) => v !== 0));
});

Deno.test("translation models that cannot be built are refused with the field", () => {
  const refused = (config: unknown, pattern: RegExp) =>
    assert.throws(
      () => parseTranslationConfig(config, "model.json"),
      (error) => error instanceof UserError && pattern.test(error.message),
    );
  const config = tinyTranslation("mega");
  const { encoder, decoder } = config;
  refused({ ...config, depth: 3 }, /model\.json: model configuration: /);
  refused({ ...config, padding: 13 }, /padding: must be a word/);
  refused({ ...config, decoder: { ...decoder, width: 10 } }, /decoder\.width: must be that/);
  refused({ ...config, decoder: { ...decoder, norm: "batchnorm" } }, /decoder\.norm/);
  refused({ ...config, encoder: { ...encoder, relativeBias: "rotary", z: 5 } }, /encoder\.z/);
  refused(
    { ...config, encoder: { ...encoder, normBefore: true, normalizeEmbedding: true } },
    /encoder\.normalizeEmbedding: excludes/,
  );
  const transformer = tinyTranslation("transformer");
  refused({ ...transformer, encoder: { ...transformer.encoder, heads: 3 } }, /encoder\.heads/);
});

Deno.test("sentences that are longer than a learned or simple table are refused", () => {
  const long = { source: [Array.from({ length: 17 }, () => 5)], target: [[7, 2]] };
  assert.throws(() => run(tinyTranslation("mega"), long), /17 positions exceed the maximum 16/);
});
