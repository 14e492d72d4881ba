import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { planMemory } from "./memory.ts";

Deno.test("values with disjoint lifetimes share one buffer", () => {
  const plan = planMemory([
    { bytes: 100, first: 0, last: 1 },
    { bytes: 80, first: 2, last: 3 },
    { bytes: 60, first: 1, last: 2 },
  ]);
  assert.deepEqual(plan.slotBytes, [100, 60]);
  assert.equal(plan.totalBytes, 240);
  assert.equal(plan.peakBytes, 160);
});

Deno.test("no two values that live at the same time share a buffer, whatever the lifetimes", () => {
  const lifetime = fc.record({
    bytes: fc.integer({ min: 1, max: 1000 }),
    first: fc.integer({ min: 0, max: 30 }),
    length: fc.integer({ min: 0, max: 10 }),
  }).map(({ bytes, first, length }) => ({ bytes, first, last: first + length }));
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 40 }), (values) => {
      const plan = planMemory(values);
      values.forEach((a, i) => {
        assert.ok(plan.slotBytes[plan.slot[i]] >= a.bytes);
        values.forEach((b, j) => {
          const overlap = a.first <= b.last && b.first <= a.last;
          if (i < j && overlap) assert.notEqual(plan.slot[i], plan.slot[j]);
        });
      });
    }),
    { seed: 7, numRuns: 200 },
  );
});
