import assert from "node:assert/strict";
import { evaluate } from "../../src/compiler/evaluate.ts";
import { assertClose, testDevice, testNormals } from "../../src/compiler/testing.ts";
import { freshGraph } from "../../src/graph/build.ts";
import { input } from "../source/mod.ts";
import { attention, type AttentionKind } from "./mod.ts";

const [batch, capacity, depth, features] = [2, 40, 5, 9];

/** The given positions of [B, L, width], then zeros or, in place of those, `rest`. */
function prefix(data: Float64Array, width: number, length: number, rest: number): Float64Array {
  return data.map((value, at) => (Math.floor(at / width) % capacity < length ? value : rest));
}

for (const kind of ["softmax", "laplace", "relu2"] as const satisfies readonly AttentionKind[]) {
  Deno.test(`new ${kind} queries against a cache of keys give the rows of causal attention`, async () => {
    const q = testNormals(batch * capacity * depth, 1);
    const k = testNormals(batch * capacity * depth, 2);
    const v = testNormals(batch * capacity * features, 3);
    const bias = testNormals(2 * capacity - 1, 4);
    for (const adapterClass of ["software", "gpu"] as const) {
      const device = await testDevice(adapterClass);
      const operand = (name: string, length: number, width: number) =>
        input(name, [batch, 1, length, width]);
      const whole = freshGraph(() =>
        attention(
          operand("q", capacity, depth),
          operand("k", capacity, depth),
          operand("v", capacity, features),
          { kind, causal: true, bias: input("bias", [2 * capacity - 1]) },
        )
      );
      const feeds = new Map([["q", q], ["k", k], ["v", v], ["bias", bias]]);
      const [expected] = await evaluate(device, [whole], feeds);
      const next = freshGraph(() =>
        attention(
          operand("q", 1, depth),
          operand("k", capacity, depth),
          operand("v", capacity, features),
          { kind, bias: input("bias", [capacity]), keyMask: input("valid", [batch, 1, capacity]) },
        )
      );
      for (const position of [0, 17, capacity - 1]) {
        const row = (data: ArrayLike<number>, width: number) =>
          Float64Array.from(
            { length: batch * width },
            (_, at) => data[(Math.floor(at / width) * capacity + position) * width + at % width],
          );
        const [found] = await evaluate(
          device,
          [next],
          new Map([
            ["q", row(q, depth)],
            // What the cache holds beyond the valid positions must not matter.
            ["k", prefix(k, depth, position + 1, 50)],
            ["v", prefix(v, features, position + 1, -1e30)],
            ["bias", bias.slice(capacity - 1 - position, 2 * capacity - 1 - position)],
            [
              "valid",
              Float64Array.from(
                { length: batch * capacity },
                (_, at) => (at % capacity <= position ? 1 : 0),
              ),
            ],
          ]),
          { poison: true },
        );
        assert.equal(found.length, batch * features);
        assertClose(`${adapterClass} ${position}`, found, row(expected, features), 1e-5);
      }
    }
  });
}
