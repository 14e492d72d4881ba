import assert from "node:assert/strict";
import { compareValues, outputTolerance } from "./tolerance.ts";

Deno.test("errors are measured against the largest value and the worst element is named", () => {
  const expected = [100, 0, 1];
  const good = compareValues([100, 0.009, 1], expected, { tolerance: outputTolerance });
  assert.equal(good.passed, true);
  const bad = compareValues([100, 0, 1.02], expected, { tolerance: outputTolerance });
  assert.equal(bad.passed, false);
  assert.equal(bad.at, 2);
  const own = compareValues([100, 0, 1.0002], expected, {
    tolerance: { relative: 1e-4, absolute: 0 },
    elementwise: true,
  });
  assert.equal(own.passed, false);
});

Deno.test("NaN and a wrong number of elements never pass", () => {
  const options = { tolerance: { relative: Infinity, absolute: 1 } };
  assert.equal(compareValues([NaN, 1], [1, 1], options).passed, false);
  assert.equal(compareValues([1], [1, 1], options).passed, false);
  assert.equal(compareValues([1, 2], [1, NaN], options).passed, false);
});

Deno.test("exceptions replace the bound of single elements", () => {
  const options = {
    tolerance: outputTolerance,
    exception: (i: number) => i === 0 ? 0.5 : undefined,
  };
  assert.equal(compareValues([0.4, 1], [0, 1], options).passed, true);
  assert.equal(compareValues([0, 1.4], [0, 1], options).passed, false);
});
