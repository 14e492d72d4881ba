import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { placeLabels, spread } from "./label_layout.ts";

Deno.test("spread leaves distant labels where they are and parts close ones about their centre", () => {
  assert.deepEqual(spread([10, 100], 14), [10, 100]);
  assert.deepEqual(spread([10, 10], 14), [3, 17]);
  assert.deepEqual(spread([50, 12, 10], 14), [50, 18, 4]);
});

Deno.test("spread stays within the limit", () => {
  assert.deepEqual(spread([10, 98, 100], 14, 100), [10, 86, 100]);
  assert.deepEqual(spread([98, 99, 100], 14, 100), [72, 86, 100]);
});

Deno.test("spread keeps the gap, the order and the mean for any labels", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 12 }), (wanted) => {
    const placed = spread(wanted, 14);
    const order = placed.map((_, i) => i).sort((a, b) => placed[a] - placed[b]);
    order.slice(1).forEach((index, k) => {
      assert.ok(placed[index] - placed[order[k]] > 14 - 1e-6);
      assert.ok(wanted[index] >= wanted[order[k]]);
    });
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum(placed) - sum(wanted)) < 1e-6);
  }));
});

Deno.test("placeLabels puts a label to the right, and elsewhere where that is taken", () => {
  const room = { left: 0, right: 500 };
  const [alone] = placeLabels([{ x: 100, y: 100, r: 5, width: 40 }], room);
  assert.deepEqual(alone, { x: 130, y: 100 });
  const [left] = placeLabels([
    { x: 100, y: 100, r: 5, width: 40 },
    { x: 130, y: 100, r: 9, width: 40 },
  ], room);
  assert.equal(left.x, 70);
  const [inside] = placeLabels([{ x: 480, y: 100, r: 5, width: 40 }], room);
  assert.ok(inside.x + 20 <= 500);
});
