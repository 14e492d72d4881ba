import assert from "node:assert/strict";
import { evaluate, interpret } from "../compiler/evaluate.ts";
import { gradients } from "../compiler/gradient.ts";
import { testDevice, testNormals } from "../compiler/testing.ts";
import { freshGraph } from "../graph/build.ts";
import { ShapeError, sizeOf, type Tensor } from "../graph/contract.ts";
import { mul, sigmoid, sub } from "../../kernels/elementwise/mod.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { input } from "../../kernels/source/mod.ts";
import { ModelContext } from "./context.ts";
import {
  crossQueries,
  gatedCrossAttention,
  type GatedCrossAttentionOptions,
} from "./gated_cross_attention.ts";

const options: GatedCrossAttentionOptions = {
  z: 4,
  attention: "laplace",
  relativeBias: "simple",
  maxPositions: 6,
  activation: "silu",
  norm: { kind: "layernorm", affine: true, before: true },
  dropout: 0,
  hiddenDropout: 0,
  attentionDropout: 0,
  featureDropout: false,
};
const [batch, targets, sources, width] = [2, 3, 5, 6];

/** What `build` makes of a layer, with values of its inputs (but `valid`) and parameters. */
function layer<T>(
  build: (ctx: ModelContext, x: Tensor, encoded: Tensor, valid: Tensor) => T,
  training = false,
) {
  return freshGraph(() => {
    const ctx = new ModelContext({ training });
    const x = input("x", [batch, targets, width]);
    const encoded = input("encoded", [batch, sources, width]);
    const valid = input("valid", [batch, sources]);
    const built = build(ctx, x, encoded, valid);
    const feeds = new Map<string, ArrayLike<number>>([
      ["x", testNormals(x.size, 1)],
      ["encoded", testNormals(encoded.size, 2)],
    ]);
    for (const { name, shape } of ctx.collected.parameters) {
      feeds.set(name, testNormals(sizeOf(shape), name.length));
    }
    return { built, feeds };
  });
}

Deno.test("the bias goes by target row and padded source column", () => {
  const { built, feeds } = layer((ctx, x, encoded) =>
    gatedCrossAttention(ctx, x, { encoded }, options).weights()
  );
  // Without keys, the weights are functions of the bias alone.
  for (const name of ["k_proj.weight", "k_proj.bias"]) {
    feeds.set(name, new Float64Array(feeds.get(name)?.length ?? 0));
  }
  const bias = feeds.get("rel_pos_bias.rel_pos_bias");
  assert.ok(bias !== undefined);
  const [weights] = freshGraph(() => interpret([built], feeds));
  const at = (i: number, j: number) => weights.data[i * sources + j];
  const values = new Map<number, number>();
  for (let i = 0; i < targets; i++) {
    for (let j = 0; j < sources; j++) {
      const score = bias[options.maxPositions - 1 + j - i];
      const known = values.get(score);
      assert.equal(known ?? at(i, j), at(i, j));
      values.set(score, at(i, j));
    }
  }
  // Laplace attention rises with the score.
  const sorted = [...values].sort(([a], [b]) => a - b).map(([, weight]) => weight);
  assert.equal(sorted.length, targets + sources - 1);
  sorted.slice(1).forEach((weight, i) => assert.ok(weight >= sorted[i]));
});

for (const attention of ["softmax", "laplace", "relu2"] as const) {
  Deno.test(`a source that is all padding leaves ${attention} cross attention finite`, () => {
    const changed = { ...options, attention };
    const { built, feeds } = layer((ctx, x, encoded, valid) => {
      const { y, weights } = gatedCrossAttention(ctx, x, { encoded, valid }, changed);
      return [y, weights(), ...gradients(sum(y), [x, encoded])];
    });
    feeds.set("valid", [1, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    const results = freshGraph(() => interpret(built, feeds));
    results.forEach(({ data }) => assert.ok(data.every(Number.isFinite)));
    const weights = results[1].data;
    for (let i = 0; i < targets; i++) {
      assert.equal(weights[i * sources + 2], 0);
      const empty = weights.subarray((targets + i) * sources, (targets + i + 1) * sources);
      const total = empty.reduce((a, b) => a + b);
      assert.ok(Math.abs(total - (attention === "softmax" ? 1 : 0)) < 1e-12);
    }
  });
}

Deno.test("feature dropout removes features of the candidate at all target positions", async () => {
  const changed = { ...options, dropout: 0.5, featureDropout: true };
  const { built, feeds } = layer((ctx, x, encoded) => {
    const { y } = gatedCrossAttention(ctx, x, { encoded }, changed);
    const { u } = crossQueries(ctx, x, changed);
    // What is left of the candidate: y − x + σ(u) x.
    return [sub(sub(y, x), mul(mul(sigmoid(u), x), -1))];
  }, true);
  const [values] = await evaluate(await testDevice("software"), built, feeds, { step: [5, 0, 3] });
  let dropped = 0;
  for (let b = 0; b < batch; b++) {
    for (let d = 0; d < width; d++) {
      const column = Array.from(
        { length: targets },
        (_, t) => Math.abs(values[(b * targets + t) * width + d]) < 1e-5,
      );
      assert.equal(new Set(column).size, 1);
      dropped += Number(column[0]);
    }
  }
  assert.ok(dropped > 0 && dropped < batch * width, `${dropped} features were dropped`);
});

Deno.test("sources of another width and too long sentences are refused", () =>
  freshGraph(() => {
    const ctx = new ModelContext({ training: true });
    const x = input("x", [1, 2, 6]);
    const attend = (shape: number[]) =>
      gatedCrossAttention(ctx, x, { encoded: input(`source ${shape}`, shape) }, options);
    assert.throws(() => attend([1, 3, 5]), ShapeError);
    assert.throws(() => attend([1, 7, 6]), /7 positions exceed the maximum 6/);
  }));
