import assert from "node:assert/strict";
import { checkOperation, testNormals } from "../../src/compiler/testing.ts";
import { freshGraph } from "../../src/graph/build.ts";
import { ShapeError } from "../../src/graph/contract.ts";
import { input } from "../source/mod.ts";
import { smoothedCrossEntropy } from "./smoothed.ts";

for (const [columns, smoothing] of [[7, 0.1], [65, 0], [1000, 0.3]]) {
  Deno.test(`smoothed cross entropy ${smoothing} over ${columns} classes, with gradients of both losses`, () => {
    const labels = testNormals(5, 4).map((value) => Math.floor(Math.abs(value) * 1000) % columns);
    return checkOperation({
      inputs: { x: { shape: [5, columns] }, labels: { shape: [5], dtype: "i32", values: labels } },
      build: ({ x, labels }) => {
        const { loss, nll } = smoothedCrossEntropy(x, labels, smoothing);
        return [loss, nll];
      },
      probes: 4,
    });
  });
}

Deno.test("smoothed cross entropy refuses operands that do not fit", () =>
  freshGraph(() => {
    const logits = input("logits", [4, 5]);
    const labels = input("labels", [4], "i32");
    const fails = (build: () => unknown) => assert.throws(build, ShapeError);
    fails(() => smoothedCrossEntropy(logits, input("more", [5], "i32"), 0.1));
    fails(() => smoothedCrossEntropy(logits, labels, 1));
    fails(() => smoothedCrossEntropy(logits, labels, Number.NaN));
  }));
