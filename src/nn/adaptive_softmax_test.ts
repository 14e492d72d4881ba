import assert from "node:assert/strict";
import { interpret } from "../compiler/evaluate.ts";
import { assertClose, testNormals } from "../compiler/testing.ts";
import { freshGraph } from "../graph/build.ts";
import { input } from "../../kernels/source/mod.ts";
import { adaptiveInput } from "./adaptive_input.ts";
import { adaptiveSoftmax, type AdaptiveSoftmaxOptions } from "./adaptive_softmax.ts";
import { ModelContext } from "./context.ts";

const width = 6;
const vocabulary = 23;
const rows = 9;
const bands = { vocabulary, cutoffs: [5, 11], factor: 2 };
const words = Int32Array.of(0, 4, 5, 6, 10, 11, 12, 22, 1);

type Tying = Pick<AdaptiveSoftmaxOptions, "tied">;

/** Softmaxes that differ in what they share with the input, and in the width of its first band. */
const tyings: Readonly<Record<string, Tying & { readonly initialWidth: number }>> = {
  "own weights": { initialWidth: width },
  "shared words": {
    initialWidth: width,
    tied: { input: "words", initialWidth: width, projections: false },
  },
  "shared words and projections": {
    initialWidth: width,
    tied: { input: "words", initialWidth: width, projections: true },
  },
  "a projected head": {
    initialWidth: 4,
    tied: { input: "words", initialWidth: 4, projections: true },
  },
};

function run(name: string, ignoredPlace?: number) {
  const { initialWidth, ...tying } = tyings[name];
  const { roots, names, collected } = freshGraph(() => {
    const ctx = new ModelContext({ training: false });
    const ids = input("ids", [1, rows], "i32");
    const embedded = ctx.scope(
      "words",
      () => adaptiveInput(ctx, ids, { ...bands, initialWidth, width, padding: 1 }),
    );
    const features = input("features", [rows, width]);
    const softmax = ctx.scope(
      "softmax",
      () => adaptiveSoftmax(ctx, features, { ...bands, dropout: 0, ...tying }),
    );
    const losses = softmax.losses(input("labels", [rows], "i32"), ignoredPlace);
    return {
      roots: [softmax.logProbabilities(), losses, softmax.headLogits(), embedded],
      names: ctx.collected.parameters.map((spec) => spec.name),
      collected: ctx.collected,
    };
  });
  const feeds = new Map<string, ArrayLike<number>>([
    ["ids", words],
    ["labels", words],
    ["features", testNormals(rows * width, 3)],
  ]);
  for (const { name, shape } of collected.parameters) {
    feeds.set(name, testNormals(shape.reduce((a, b) => a * b, 1), name.length));
  }
  const [logs, losses, head] = interpret(roots, feeds).map(({ data }) => data);
  return { logs, losses, head, names };
}

for (const name of Object.keys(tyings)) {
  Deno.test(`an adaptive softmax with ${name} is a distribution, and its losses are its scores`, () => {
    const { logs, losses } = run(name);
    for (let row = 0; row < rows; row++) {
      const of = logs.subarray(row * vocabulary, (row + 1) * vocabulary);
      assert.ok(Math.abs(of.reduce((sum, log) => sum + Math.exp(log), 0) - 1) < 1e-12);
      assert.ok(Math.abs(losses[row] + of[words[row]]) < 1e-9, `word ${words[row]}`);
    }
  });
}

Deno.test("the ignored place of a tail costs its cluster only", () => {
  const exact = run("own weights");
  const { losses, head } = run("own weights", 1);
  const columns = 7;
  for (let row = 0; row < rows; row++) {
    // Words 6 and 12 have place 1 in the tails from 5 and from 11.
    const cluster = words[row] === 6 ? 5 : words[row] === 12 ? 6 : undefined;
    if (cluster === undefined) {
      assert.equal(losses[row], exact.losses[row]);
      continue;
    }
    const scores = head.subarray(row * columns, (row + 1) * columns);
    const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
    assertClose("loss", [losses[row]], [Math.log(total) - scores[cluster]], 1e-9);
    assert.ok(losses[row] < exact.losses[row]);
  }
});

Deno.test("parameters have the names of the reference, shared ones once", () => {
  assert.deepEqual(run("a projected head").names.filter((name) => name.startsWith("softmax")), [
    "softmax.head.class_proj.weight",
    "softmax.head.word_proj.0.weight",
  ]);
  assert.deepEqual(run("own weights").names.filter((name) => name.startsWith("softmax")), [
    "softmax.head.weight",
    "softmax.tail.0.0.weight",
    "softmax.tail.0.2.weight",
    "softmax.tail.1.0.weight",
    "softmax.tail.1.2.weight",
  ]);
});
