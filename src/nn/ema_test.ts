import assert from "node:assert/strict";
import { mul } from "../../kernels/elementwise/mod.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { full } from "../../kernels/source/generate.ts";
import { input, parameter } from "../../kernels/source/mod.ts";
import { concat, slice } from "../../kernels/view/mod.ts";
import { assertClose, testDevice, testNormals } from "../compiler/testing.ts";
import { evaluate } from "../compiler/evaluate.ts";
import { gradients } from "../compiler/gradient.ts";
import { freshGraph } from "../graph/build.ts";
import { ShapeError } from "../graph/contract.ts";
import { ModelContext } from "./context.ts";
import { multiHeadEma, statefulEma } from "./ema.ts";

const [batch, length, width, dimensions] = [2, 24, 5, 4];
const options = { dimensions, bidirectional: false, truncation: null };
const shapes = {
  delta: [width, dimensions, 1],
  alpha: [width, dimensions, 1],
  beta: [width, dimensions, 1],
  gamma: [width, dimensions],
  omega: [width],
};

function feeds(): Map<string, ArrayLike<number>> {
  const values = new Map<string, ArrayLike<number>>();
  Object.entries(shapes).forEach(([name, shape], i) => {
    values.set(name, testNormals(shape.reduce((a, b) => a * b), i + 1));
  });
  values.set("x", testNormals(batch * length * width, 11));
  values.set("dy", testNormals(batch * length * width, 12));
  values.set("valid", Float64Array.from({ length: batch * length }, (_, i) => i % 7 === 3 ? 0 : 1));
  return values;
}

Deno.test("pieces of a stateful EMA equal one pass, with padding and with gradients", async () => {
  const roots = freshGraph(() => {
    const ctx = new ModelContext({ training: true });
    const x = input("x", [batch, length, width]);
    const valid = input("valid", [batch, length]);
    const dy = input("dy", [batch, length, width]);
    const whole = multiHeadEma(ctx, x, options, valid);
    let state = full([batch, width, dimensions], 0);
    const pieces = [[0, 14], [14, 9], [23, 1]].map(([from, size]) => {
      const part = (tensor: typeof x) => slice(tensor, 1, from, size);
      const piece = statefulEma(ctx, part(x), state, options, part(valid));
      state = piece.state;
      return piece.y;
    });
    const wrt = [x, ...Object.entries(shapes).map(([name, shape]) => parameter(name, shape))];
    return [whole, concat(pieces, 1)].flatMap((y) => [y, ...gradients(sum(mul(y, dy)), wrt)]);
  });
  const actual = await evaluate(await testDevice("software"), roots, feeds(), { poison: true });
  const half = roots.length / 2;
  for (let i = 0; i < half; i++) {
    assert.ok(actual[i].some((value) => value !== 0));
    assertClose(`result ${i}`, actual[half + i], actual[i], 1e-5);
  }
});

Deno.test("a stateful EMA ignores truncation and refuses two directions", () => {
  freshGraph(() => {
    const ctx = new ModelContext({ training: false });
    const x = input("x", [batch, length, width]);
    const state = full([batch, width, dimensions], 0);
    const { y } = statefulEma(ctx, x, state, options);
    assert.equal(statefulEma(ctx, x, state, { ...options, truncation: 3 }).y, y);
    assert.throws(
      () => statefulEma(ctx, x, state, { ...options, bidirectional: true }),
      ShapeError,
    );
  });
});
