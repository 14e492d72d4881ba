/**
 * Gradients of x and of the projection, chunk by chunk: the logits again, their gradient in the same
 * tile, and two products with it. A chunk of the projection's gradient is final at once; that of x is
 * carried from chunk to chunk.
 */
import type { Node } from "../../src/graph/contract.ts";
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { divide, logitsProblem, product, walkChunks } from "./tile.ts";

/**
 * Lowers `projectedCrossEntropy.gradient`. With p = exp(logit − input 3), the gradient of a logit is
 * input 4 · p − input 5 · ((1 − ε) [word = label] + ε / V).
 */
export function lowerBackward(node: Node, ctx: LowerContext): Pass[] {
  const [x, projection] = node.inputs;
  const extents = divide(x.shape[0], x.shape[1], projection.shape[0]);
  const { rows, width, vocabulary, chunk } = extents;
  const smoothing = Number(node.attrs.smoothing);
  const walk = walkChunks(ctx, extents, node.inputs.length > 6 ? 6 : undefined);
  const carried = ctx.scratch(rows * width);
  const carry = (row: string, column: string) =>
    `tmp${carried.index}[(${row}) * ${width}u + ${column}]`;
  const writeTile = { scratch: walk.tile, access: "write" } as const;
  const readTile = { scratch: walk.tile, access: "read" } as const;
  const uniform = smoothing > 0 ? ` - in5(row) * ${smoothing / vocabulary}f` : "";
  const likelihoods = product(ctx, "likelihoods", {
    ...logitsProblem(extents, walk),
    store: (row, column, value) =>
      `${walk.at(row, column)} = gradient(base + ${column}, ${row}, count, ${value});`,
  }, {
    inputs: [0, 1, 3, 4, 5, ...walk.countInputs],
    outputs: [],
    scratch: [walk.position, writeTile],
  }).map((pass): Pass => ({
    ...pass,
    declarations: `${pass.declarations ?? ""}
fn gradient(word: u32, row: u32, count: u32, logit: f32) -> f32 {
if (word >= ${vocabulary}u || row >= count) { return 0.0f; }
return exp(logit - in3(row)) * in4(row)${uniform};
}`,
  }));
  const size = ctx.adapterClass === "software" ? ctx.subgroupSize : 64;
  const labels: Pass = {
    name: "labels",
    inputs: [2, 5, ...walk.countInputs],
    outputs: [],
    scratch: [walk.position, writeTile],
    workgroupSize: size,
    groups: Math.ceil(rows / size),
    body: `${walk.bind}
if (thread >= count) { return; }
let label = min(u32(in2(thread)), ${vocabulary - 1}u);
if (label >= base && label < base + ${chunk}u) {
${walk.at("thread", "label - base")} -= in5(thread) * ${1 - smoothing}f;
}`,
  };
  const ofProjection = product(ctx, "projection", {
    rows: chunk,
    columns: width,
    inner: rows,
    batchNames: walk.bind,
    left: {
      base: "",
      element: (word, t) => walk.at(t, word),
      strides: { row: 1, column: chunk },
    },
    right: { base: "", element: (t, d) => `in0(${t}, ${d})`, strides: { row: width, column: 1 } },
    store: (word, d, value) =>
      `if (base + ${word} < ${vocabulary}u) { out1(base + ${word}, ${d}, ${value}); }`,
    ...walk.innerLimit,
  }, {
    inputs: [0, ...walk.countInputs],
    outputs: [1],
    scratch: [walk.position, readTile],
  });
  const ofX = product(ctx, "rows", {
    rows,
    columns: width,
    inner: chunk,
    batchNames: walk.bind,
    left: {
      base: "",
      element: (t, word) => walk.at(t, word),
      strides: { row: chunk, column: 1 },
    },
    right: {
      base: "",
      element: (word, d) => `in1(min(base + ${word}, ${vocabulary - 1}u), ${d})`,
      strides: { row: width, column: 1 },
    },
    store: (t, d, value) => {
      const sum = carry(t, d);
      return `${sum} = select(${sum}, 0.0f, base == 0u) + ${value};`;
    },
    ...walk.rowLimit,
  }, {
    inputs: [1, ...walk.countInputs],
    outputs: [],
    scratch: [walk.position, readTile, { scratch: carried, access: "write" }],
  });
  const copySize = ctx.adapterClass === "software" ? 8 * ctx.subgroupSize : 256;
  return [
    ...walk.passes([...likelihoods, labels, ...ofProjection, ...ofX]),
    {
      name: "store",
      inputs: walk.countInputs,
      outputs: [0],
      scratch: [walk.position, { scratch: carried, access: "read" }],
      workgroupSize: copySize,
      groups: Math.ceil(rows * width / copySize),
      body: `${walk.bind}
if (thread >= ${rows * width}u) { return; }
let t = thread / ${width}u;
out0(t, thread - t * ${width}u, select(0.0f, tmp${carried.index}[thread], t < count));`,
    },
  ];
}
