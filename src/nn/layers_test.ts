import assert from "node:assert/strict";
import { freshGraph } from "../graph/build.ts";
import type { Tensor } from "../graph/contract.ts";
import { mul } from "../../kernels/elementwise/mod.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { full } from "../../kernels/source/generate.ts";
import { input, parameter } from "../../kernels/source/mod.ts";
import { testDevice, testNormals } from "../compiler/testing.ts";
import { evaluate, interpret } from "../compiler/evaluate.ts";
import { gradients } from "../compiler/gradient.ts";
import { ModelContext } from "./context.ts";
import { chunkedValueDropout, dropout, sequenceDropout } from "./dropout.ts";
import { embedding, nonPadding } from "./embedding.ts";
import { chunksOf } from "./gated_attention.ts";
import { sequenceNorm } from "./norm.ts";
import { positionEmbedding, tokenPositions } from "./positions.ts";
import { relativeBias, toeplitz } from "./relative_bias.ts";
import { selfAttention } from "./self_attention.ts";

const training = () => new ModelContext({ training: true });

Deno.test("token positions count what is not padding, wherever the padding is", () => {
  const tokens = Int32Array.of(5, 6, 7, 1, 1, 1, 1, 8, 9, 4, 5, 1, 6, 1, 7);
  const [positions] = freshGraph(() => {
    const ids = input("tokens", [3, 5], "i32");
    return interpret([tokenPositions(nonPadding(ids, 1), 1)], new Map([["tokens", tokens]]));
  });
  assert.deepEqual(
    [...positions.data],
    [2, 3, 4, 1, 1, 1, 1, 2, 3, 4, 2, 1, 3, 1, 4],
  );
});

Deno.test("lookups of padding leave no gradient in the table", () => {
  const [grad] = freshGraph(() => {
    const ctx = training();
    const ids = input("ids", [1, 4], "i32");
    const rows = embedding(ctx, ids, { entries: 3, width: 2, trained: nonPadding(ids, 1) });
    const [gradient] = gradients(sum(rows), [parameter("weight", [3, 2])]);
    const feeds = new Map<string, ArrayLike<number>>([
      ["ids", [0, 1, 2, 2]],
      ["weight", [1, 2, 3, 4, 5, 6]],
    ]);
    return interpret([gradient], feeds);
  });
  assert.deepEqual([...grad.data], [1, 1, 0, 0, 2, 2]);
});

/** Which elements of `tensor` (built on ones) survived dropout, as read from the device. */
async function kept(build: (ctx: ModelContext, x: Tensor) => Tensor, shape: number[]) {
  const device = await testDevice("software");
  const root = freshGraph(() => build(training(), full(shape, 1)));
  const [values] = await evaluate(device, [root], new Map(), { step: [5, 0, 3] });
  return values;
}

Deno.test("element dropout keeps the mean and is off outside training", async () => {
  const values = await kept((ctx, x) => dropout(ctx, x, 0.25), [4, 50, 20]);
  const zero = values.filter((value) => value === 0).length / values.length;
  assert.ok(Math.abs(zero - 0.25) < 0.03, `${zero} of the elements were dropped`);
  assert.ok(values.every((value) => value === 0 || Math.abs(value - 4 / 3) < 1e-6));
  freshGraph(() => {
    const x = full([2, 3], 1);
    assert.equal(dropout(new ModelContext({ training: false }), x, 0.25), x);
  });
});

Deno.test("feature dropout removes a feature at all positions of a sample", async () => {
  const setting = { rate: 0.5, feature: true };
  const [batch, length, width] = [3, 7, 16];
  const values = await kept((ctx, x) => sequenceDropout(ctx, x, setting), [batch, length, width]);
  const dropped = new Set<boolean>();
  for (let b = 0; b < batch; b++) {
    for (let d = 0; d < width; d++) {
      const first = values[b * length * width + d];
      dropped.add(first === 0);
      for (let t = 1; t < length; t++) {
        assert.equal(values[(b * length + t) * width + d], first);
      }
    }
  }
  assert.equal(dropped.size, 2);
});

Deno.test("feature dropout of chunked values removes whole chunks", async () => {
  const setting = { rate: 0.5, feature: true };
  const values = await kept((ctx, v) => chunkedValueDropout(ctx, v, setting), [4, 8, 3, 5]);
  const chunks = Array.from({ length: 32 }, (_, i) => [...values.subarray(15 * i, 15 * i + 15)]);
  assert.ok(chunks.every((chunk) => new Set(chunk).size === 1));
  assert.equal(new Set(chunks.map((chunk) => chunk[0])).size, 2);
});

Deno.test("dropouts of one model never share a random stream", () => {
  const ctx = training();
  assert.deepEqual([ctx.dropoutStream(), ctx.dropoutStream(), ctx.dropoutStream()], [0, 1, 2]);
});

Deno.test("a Toeplitz matrix holds the value of each distance", () => {
  const [matrix] = freshGraph(() =>
    interpret([toeplitz(input("w", [5]))], new Map([["w", [1, 2, 3, 4, 5]]]))
  );
  assert.deepEqual([...matrix.data], [3, 4, 5, 2, 3, 4, 1, 2, 3]);
});

Deno.test("positions beyond a table are refused", () => {
  freshGraph(() => {
    assert.throws(() => relativeBias(training(), "simple", 9, 8, 4), /9 positions exceed/);
    const options = { kind: "learned", batch: 1, length: 9, width: 4, maxPositions: 8 } as const;
    assert.throws(() => positionEmbedding(training(), options), /9 positions exceed/);
  });
});

Deno.test("a sequence is cut into chunks, a shorter one is one short chunk", () => {
  assert.deepEqual(chunksOf(24, 8), [3, 8]);
  assert.deepEqual(chunksOf(5, 8), [1, 5]);
  assert.deepEqual(chunksOf(24, null), [1, 24]);
  assert.throws(() => chunksOf(20, 8), /length 20 is not a multiple of 8/);
});

Deno.test("heads that do not divide the width are refused", () => {
  freshGraph(() => {
    const options = { heads: 3, attentionDropout: 0, initialization: "default" } as const;
    assert.throws(
      () => selfAttention(training(), input("x", [1, 2, 8]), options),
      /3 heads do not divide the width 8/,
    );
  });
});

Deno.test("batch norm moves its running statistics by a tenth, with unbiased variance", () => {
  const x = testNormals(24, 1);
  const graph = freshGraph(() => {
    const ctx = training();
    const y = sequenceNorm(ctx, "batchnorm", input("x", [2, 4, 3]), false);
    const updates = ["norm.running_mean", "norm.running_var"].map((name) => {
      const update = ctx.stateUpdates.get(name);
      assert.ok(update);
      return update;
    });
    const feeds = new Map<string, ArrayLike<number>>([
      ["x", x],
      ["norm.running_mean", [1, 1, 1]],
      ["norm.running_var", [2, 2, 2]],
    ]);
    return interpret([...updates, sum(mul(y, y))], feeds);
  });
  const column = Array.from({ length: 8 }, (_, i) => x[3 * i]);
  const mean = column.reduce((a, b) => a + b) / 8;
  const variance = column.reduce((a, b) => a + (b - mean) ** 2, 0) / 7;
  assert.ok(Math.abs(graph[0].data[0] - (0.9 + 0.1 * mean)) < 1e-9);
  assert.ok(Math.abs(graph[1].data[0] - (1.8 + 0.1 * variance)) < 1e-9);
  assert.ok(Math.abs(graph[2].data[0] - 24) < 1e-3);
});
