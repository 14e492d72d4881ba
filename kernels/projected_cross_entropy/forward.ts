/**
 * Losses and log-sum-exps, chunk by chunk. Every row carries the largest logit so far, the sum of
 * exponentials relative to it, the logit of its label, and with label smoothing the sum of logits.
 */
import type { Node } from "../../src/graph/contract.ts";
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { rowwise } from "../rowwise.ts";
import { divide, logitsProblem, product, walkChunks } from "./tile.ts";

/** Logit of the columns beyond the vocabulary; its exponential is 0. */
const absent = "-1e30f";

/** Lowers `projectedCrossEntropy`: inputs x, projection, labels and perhaps the row count. */
export function lowerForward(node: Node, ctx: LowerContext): Pass[] {
  const [x, projection] = node.inputs;
  const extents = divide(x.shape[0], x.shape[1], projection.shape[0]);
  const { rows, vocabulary, chunk } = extents;
  const smoothing = Number(node.attrs.smoothing);
  const walk = walkChunks(ctx, extents, node.inputs.length > 3 ? 3 : undefined);
  const carried = ctx.scratch((smoothing > 0 ? 4 : 3) * rows);
  const carry = (k: number) => `tmp${carried.index}[${k * rows}u + row]`;
  const logits = product(ctx, "logits", {
    ...logitsProblem(extents, walk),
    store: (row, column, value) =>
      `${walk.at(row, column)} = select(${absent}, ${value}, base + ${column} < ${vocabulary}u);`,
  }, {
    inputs: [0, 1, ...walk.countInputs],
    outputs: [],
    scratch: [walk.position, { scratch: walk.tile, access: "write" }],
  });
  const operands = { name: "join", inputs: [2, ...walk.countInputs], outputs: [] };
  const logit = walk.at("row", "c");
  const join = rowwise(ctx, { rows, columns: chunk }, operands, (row) => {
    row.all(`${walk.bind}\nif (row >= count) { return; }`);
    row.reduce("max", "top", logit);
    row.reduce("sum", "total", `exp(${logit} - top)`);
    if (smoothing > 0) {
      row.reduce("sum", "logits", `select(0.0f, ${logit}, base + c < ${vocabulary}u)`);
    }
    row.once(`let fresh = base == 0u;
let before = select(${carry(0)}, ${absent}, fresh);
let highest = max(before, top);
let rest = select(${carry(1)} * exp(before - highest), 0.0f, fresh);
${carry(0)} = highest;
${carry(1)} = rest + total * exp(top - highest);
let label = min(u32(in2(row)), ${vocabulary - 1}u);
if (label >= base && label < base + ${chunk}u) {
${carry(2)} = ${walk.at("row", "label - base")};
}
${smoothing > 0 ? `${carry(3)} = select(${carry(3)}, 0.0f, fresh) + logits;` : ""}`);
  });
  const size = ctx.adapterClass === "software" ? ctx.subgroupSize : 64;
  const smooth = smoothing > 0
    ? `loss = ${1 - smoothing}f * loss + ${smoothing}f * (normaliser - ${
      carry(3)
    } / ${vocabulary}f);`
    : "";
  return [
    ...walk.passes([...logits, {
      ...join,
      scratch: [
        walk.position,
        { scratch: walk.tile, access: "read" },
        { scratch: carried, access: "write" },
      ],
    }]),
    {
      name: "store",
      inputs: walk.countInputs,
      outputs: [0, 1],
      scratch: [walk.position, { scratch: carried, access: "read" }],
      workgroupSize: size,
      groups: Math.ceil(rows / size),
      body: `${walk.bind}
let row = thread;
if (row >= ${rows}u) { return; }
var loss = 0.0f;
var normaliser = 0.0f;
if (row < count) {
normaliser = ${carry(0)} + log(${carry(1)});
loss = normaliser - ${carry(2)};
${smooth}
}
out0(row, loss);
out1(row, normaliser);`,
    },
  ];
}
