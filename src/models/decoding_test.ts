import assert from "node:assert/strict";
import { interpret } from "../compiler/evaluate.ts";
import { assertClose, testNormals } from "../compiler/testing.ts";
import { freshGraph } from "../graph/build.ts";
import { sizeOf } from "../graph/contract.ts";
import { input } from "../../kernels/source/mod.ts";
import { ModelContext } from "../nn/context.ts";
import type { DecoderRun } from "./decoder_run.ts";
import { decode } from "./language_model.ts";
import type {
  DecoderConfig,
  LanguageModelConfig,
  S4DecoderConfig,
  TransformerDecoderConfig,
} from "./language_model_config.ts";
import { tinyMegaDecoder } from "./language_model_testing.ts";

const vocabulary = 7;
const batch = 2;
const length = 11;

const mega = tinyMegaDecoder({ layers: 2 });

const transformer: TransformerDecoderConfig = {
  kind: "transformer",
  width: 8,
  outputWidth: 8,
  layers: 2,
  heads: 2,
  feedForward: 9,
  positions: "sinusoidal",
  maxPositions: 16,
  activation: "relu",
  normalizeEmbedding: true,
  finalNorm: true,
  dropout: 0,
  attentionDropout: 0,
  activationDropout: 0,
};

const s4: S4DecoderConfig = {
  kind: "s4",
  width: 4,
  layers: 1,
  blocks: 2,
  feedForward: 8,
  mode: "dplr",
  init: "legs",
  discretization: "zoh",
  states: 4,
  channels: 1,
  copies: 1,
  dtMin: 0.02,
  dtMax: 0.3,
  dtTransform: "exp",
  maxPositions: 16,
  activation: "gelu",
  norm: "layernorm",
  dropout: 0,
};

function modelOf(decoder: DecoderConfig, padding: number | null = null): LanguageModelConfig {
  return {
    vocabulary,
    padding,
    embedding: { kind: "table", width: decoder.width },
    scaleEmbedding: true,
    output: { kind: "untied" },
    decoder,
  };
}

/** Random parameters of a size that makes every part of a model matter. */
function parametersOf(config: LanguageModelConfig): Map<string, ArrayLike<number>> {
  const collected = freshGraph(() => {
    const ctx = new ModelContext({ training: false });
    decode(config, ctx, input("tokens", [batch, 4], "i32"), { carried: false });
    return ctx.collected;
  });
  const values = new Map<string, ArrayLike<number>>(collected.initialize(5));
  collected.parameters.forEach(({ name, shape }, i) => {
    // The state matrices of S4 stay stable systems.
    if (name.includes("kernel.")) return;
    values.set(name, testNormals(sizeOf(shape), i + 1).map((x) => 0.5 * x));
  });
  return values;
}

const tokens = Int32Array.from({ length: batch * length }, (_, i) => 2 + (i * i + 3 * i) % 5);

/** Logits [B, L, V] of the tokens, read in pieces by the float64 references. */
function logitsOf(
  config: LanguageModelConfig,
  sizes: readonly number[],
  run: DecoderRun,
): Float64Array {
  const parameters = parametersOf(config);
  const result = new Float64Array(batch * length * vocabulary);
  let state = new Map<string, ArrayLike<number>>();
  let start = 0;
  for (const size of sizes) {
    const { logits, carried, specs } = freshGraph(() => {
      const ctx = new ModelContext({ training: false });
      const logits = decode(config, ctx, input("tokens", [batch, size], "i32"), run).logits();
      return { logits, carried: [...ctx.carriedUpdates], specs: ctx.carriedSpecs };
    });
    const piece = [0, 1].flatMap((b) => [
      ...tokens.subarray(b * length + start, b * length + start + size),
    ]);
    const feeds = new Map([...parameters, ["tokens", piece]]);
    for (const { name, shape } of specs) {
      feeds.set(name, state.get(name) ?? new Float64Array(sizeOf(shape)));
    }
    const [first, ...rest] = interpret([logits, ...carried.map(([, tensor]) => tensor)], feeds);
    const row = size * vocabulary;
    for (let b = 0; b < batch; b++) {
      result.set(
        first.data.subarray(b * row, (b + 1) * row),
        (b * length + start) * vocabulary,
      );
    }
    state = new Map(carried.map(([name], i) => [name, rest[i].data]));
    start += size;
  }
  return result;
}

const whole = (config: LanguageModelConfig) => logitsOf(config, [length], { carried: false });
const singles = Array.from({ length }, () => 1);

/** Tolerance of float32 tables and state on the way. */
const close = 2e-5;

for (const attention of ["softmax", "laplace", "relu2"] as const) {
  for (const chunk of [null, 4]) {
    for (const relativeBias of ["rotary", "simple"] as const) {
      const shape = chunk === null ? "the whole context" : `chunks of ${chunk}`;
      Deno.test(`decoding Mega with ${attention}, ${relativeBias} bias and ${shape} equals the full pass`, () => {
        const config = modelOf({ ...mega, attention, relativeBias, chunk });
        const step = { carried: true, step: { capacity: chunk ?? 16 } };
        const expected = whole(config);
        assertClose("token by token", logitsOf(config, singles, step), expected, close);
        // Pieces that begin and end within chunks, and one that spans two borders.
        assertClose("pieces", logitsOf(config, [3, 7, 1], step), expected, close);
      });
    }
  }
}

Deno.test("pieces of whole chunks with carried state equal one pass over the text", () => {
  const config = modelOf({ ...mega, chunk: 4 });
  assertClose("carried", logitsOf(config, [8, 3], { carried: true }), whole(config), close);
  const forgotten = logitsOf(config, [8, 3], { carried: false });
  assert.ok(forgotten.some((value, i) => Math.abs(value - whole(config)[i]) > 0.01));
});

Deno.test("chunks of evaluation replace those of training", () => {
  const wide = modelOf({ ...mega, chunk: 4, evaluationChunk: 8 });
  assertClose("evaluation", whole(wide), whole(modelOf({ ...mega, chunk: 8 })), 1e-9);
});

for (const positions of ["sinusoidal", "learned", "none"] as const) {
  for (const padding of [null, 1]) {
    const from = padding === null ? 0 : padding + 1;
    Deno.test(`decoding a Transformer with ${positions} positions from ${from} equals the full pass`, () => {
      const config = modelOf({ ...transformer, positions }, padding);
      const step = { carried: true, step: { capacity: 16 } };
      const expected = whole(config);
      assertClose("token by token", logitsOf(config, singles, step), expected, close);
      assertClose("pieces", logitsOf(config, [4, 1, 6], step), expected, close);
    });
  }
}

Deno.test("a full cache of a Transformer is emptied: later tokens are read as a new text", () => {
  const config = modelOf(transformer);
  const expected = logitsOf(config, [8, 3], { carried: false });
  const step = { carried: true, step: { capacity: 8 } };
  assertClose("token by token", logitsOf(config, singles, step), expected, close);
});

for (const mode of ["dplr", "diag"] as const) {
  Deno.test(`decoding S4 (${mode}) by its recurrence equals the convolution`, () => {
    const config = modelOf({ ...s4, mode });
    const step = { carried: true, step: { capacity: 16 } };
    const expected = whole(config);
    assertClose("token by token", logitsOf(config, singles, step), expected, 2e-4);
    assertClose("pieces", logitsOf(config, [5, 6], step), expected, 2e-4);
  });
}
