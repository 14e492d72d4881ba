import assert from "node:assert/strict";
import { apply1 } from "../../src/graph/build.ts";
import { checkOperation, testNormals } from "../../src/compiler/testing.ts";
import { elementwise } from "./operations.ts";
import { elementwiseTable } from "./table.ts";

/** Operand values inside the domain of the operation and away from its kinks. */
function operandValues(name: string, count: number, seed: number): Float64Array {
  const positive = name === "log" || name === "sqrt" || name === "rsqrt";
  return testNormals(count, seed).map((value) => {
    if (positive || (name === "div" && seed === 2)) return Math.abs(value) + 0.5;
    if (name === "equal" || name === "toI32") return Math.round(value);
    return Math.abs(value) < 0.01 ? 0.5 : value;
  });
}

for (const [name, op] of elementwise) {
  for (const size of [1, 7, 127, 1000]) {
    Deno.test(`${name} agrees with its reference on ${size} elements`, async () => {
      const row = elementwiseTable[name];
      const inputs = Object.fromEntries(
        ["a", "b", "c"].slice(0, row.arity).map((letter, i) => [letter, {
          shape: [size],
          values: name === "where" && i === 0
            ? testNormals(size, 1).map((value) => Number(value > 0))
            : operandValues(name, size, i + 1),
          gradient: row.derivative[i] !== undefined && row.derivative[i] !== "",
        }]),
      );
      await checkOperation({
        inputs,
        build: (tensors) => apply1(op, Object.keys(inputs).map((letter) => tensors[letter])),
      });
    });
  }
}

Deno.test("every row has a derivative for each operand or for none", () => {
  for (const [name, row] of Object.entries(elementwiseTable)) {
    assert.ok(row.derivative.length === row.arity || row.derivative.length === 0, name);
  }
});
