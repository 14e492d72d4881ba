import { checkOperation } from "../../src/compiler/testing.ts";
import { mul, silu } from "../elementwise/mod.ts";
import { sum } from "../reduce/mod.ts";
import { broadcastTo, concat, flip, pad, reshape, slice, split, transpose } from "./mod.ts";

Deno.test("reshape regroups axes without moving elements", async () => {
  await checkOperation({
    inputs: { x: { shape: [6, 7, 10] } },
    build: ({ x }) => silu(transpose(reshape(x, [2, 3, 70]), [2, 0, 1])),
  });
});

Deno.test("transpose permutes axes", async () => {
  await checkOperation({
    inputs: { x: { shape: [5, 7, 63] }, y: { shape: [63, 5, 7] } },
    build: ({ x, y }) => mul(transpose(x, [2, 0, 1]), y),
  });
});

Deno.test("split and concat are inverse", async () => {
  await checkOperation({
    inputs: { x: { shape: [3, 65, 2] } },
    build: ({ x }) => {
      const [a, b, c] = split(x, 1, [7, 1, 57]);
      return [mul(a, 2), concat([c, silu(b), a], 1)];
    },
  });
});

Deno.test("slice, pad and flip along inner and outer axes", async () => {
  await checkOperation({
    inputs: { x: { shape: [9, 17] } },
    build: ({ x }) => [
      mul(pad(slice(x, 0, 2, 5), 1, 3, 1, 0.5), 2),
      mul(flip(x, 0), flip(x, 1)),
      mul(pad(x, 0, 0, 2), 3),
    ],
  });
});

Deno.test("broadcast repeats and its gradient sums", async () => {
  await checkOperation({
    inputs: { x: { shape: [7, 1, 5] }, y: { shape: [3, 5] }, z: { shape: [1] } },
    build: ({ x, y, z }) => mul(mul(broadcastTo(x, [7, 3, 5]), y), z),
  });
});

Deno.test("views of views of fused expressions keep their positions", async () => {
  await checkOperation({
    inputs: { x: { shape: [4, 6, 10] } },
    build: ({ x }) => {
      const y = reshape(transpose(silu(x), [1, 0, 2]), [6, 40]);
      return [sum(slice(y, 1, 7, 20), [0]), mul(reshape(y, [3, 80]), 2)];
    },
  });
});
