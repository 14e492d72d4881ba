import assert from "node:assert/strict";
import { join } from "node:path";
import { gradients, reachable } from "../src/compiler/gradient.ts";
import { apply1, freshGraph } from "../src/graph/build.ts";
import {
  type DType,
  type Node,
  type Operation,
  ShapeError,
  type Tensor,
  type TensorType,
} from "../src/graph/contract.ts";
import { elementwise } from "./elementwise/operations.ts";
import { elementwiseTable } from "./elementwise/table.ts";
import * as kernels from "./mod.ts";
import { cauchy } from "./s4/cauchy.ts";
import { holomorphic } from "./s4/holomorphic.ts";
import { powers } from "./s4/powers.ts";

const dtypes: readonly DType[] = ["f32", "i32", "u32"];
const integers: readonly DType[] = ["i32", "u32"];
const only: readonly DType[] = ["f32"];

/** What each operand may be, where that is not f32. */
const accepted: Readonly<Record<string, readonly (readonly DType[])[]>> = {
  gather: [dtypes, integers],
  scatterAdd: [integers, only],
  crossEntropy: [only, integers],
  smoothedCrossEntropy: [only, integers],
  projectedCrossEntropy: [only, only, integers, ["i32"]],
  "projectedCrossEntropy.gradient": [only, only, integers, only, only, only, ["i32"]],
  argmax: [dtypes],
  reduce: [dtypes],
  reshape: [dtypes],
  transpose: [dtypes],
  broadcast: [dtypes],
  split: [dtypes],
  pad: [dtypes],
  flip: [dtypes],
};

let uses = 0;
const x = (...shape: number[]) => kernels.input(`x${uses++}`, shape);
const complex = (...shape: number[]) => ({ re: x(...shape), im: x(...shape) });
const ids = (...shape: number[]) => kernels.input(`ids${uses++}`, shape, "i32");

/** At least one application of every operation that is not elementwise. */
function everyOperation(): Tensor[] {
  const spectrum = kernels.rfft(x(2, 6));
  const sums = cauchy({ rho: x(1, 2, 3), weight: x(1, 2, 3), poles: complex(2, 3) }, 8);
  const values = holomorphic("expm1Ratio", complex(2, 3));
  const raised = powers(complex(2), 4);
  const step = kernels.emaStep(x(2, 5, 3), x(2, 3, 4), x(3, 4), x(3, 4), x(3, 4));
  const attention = (kind: kernels.AttentionKind) =>
    kernels.attention(x(2, 4, 3), x(2, 4, 3), x(2, 4, 5), { kind, bias: x(7), keyMask: x(2, 4) });
  return [
    kernels.matmul(x(2, 3), x(3, 4)),
    kernels.gather(x(5, 3), ids(4)),
    kernels.crossEntropy(x(4, 5), ids(4)),
    kernels.smoothedCrossEntropy(x(4, 5), ids(4), 0.1).loss,
    kernels.projectedCrossEntropy(x(4, 3), x(5, 3), ids(4), { count: ids(1) }).loss,
    kernels.softmax(x(4, 5)),
    kernels.normalize(x(4, 5), "layer"),
    attention("softmax"),
    attention("laplace"),
    kernels.attentionWeights(x(2, 4, 3), x(2, 4, 3), { kind: "relu2", bias: x(7) }),
    kernels.emaScan(x(2, 5, 3), x(3, 4), x(3, 4)),
    step.y,
    step.state,
    kernels.fftConv(x(2, 5, 3), x(3, 4), { reverse: { kernel: x(3, 4), offset: 1 } }),
    spectrum.re,
    kernels.irfft(spectrum, 6),
    sums.re,
    sums.im,
    values.re,
    values.im,
    raised.re,
    raised.im,
    kernels.sum(x(4, 5), [0]),
    kernels.transpose(kernels.reshape(x(4, 6), [2, 3, 4])),
    kernels.mul(kernels.broadcastTo(x(1, 5), [4, 5]), 2),
    kernels.flip(kernels.pad(kernels.slice(x(9), 0, 2, 4), 0, 1, 1), 0),
    kernels.concat([x(2, 3), x(4, 3)], 0),
  ];
}

/** Nodes of all operations and of their gradients, one per operation and attributes. */
function everyNode(): Node[] {
  const outputs = everyOperation();
  const elements = [...elementwise].map(([name, op]) =>
    kernels.toF32(apply1(op, Array.from({ length: elementwiseTable[name].arity }, () => x(3))))
  );
  const loss = [...outputs, ...elements].map((y) => kernels.sum(kernels.square(y)))
    .reduce((a, b) => kernels.add(a, b));
  const sources = reachable([loss]).filter(({ op }) => op.kind === "source")
    .flatMap((node) => node.outputs).filter(({ dtype }) => dtype === "f32");
  const nodes = reachable([
    ...gradients(loss, sources),
    kernels.argmax(x(4, 5)),
    kernels.compactRows(x(4)).order,
    kernels.topK(x(4, 5), 2).indices,
    kernels.slotAttention({
      q: x(4, 6),
      keys: x(5, 4, 6),
      newKeys: x(4, 6),
      values: x(5, 4, 8),
      newValues: x(4, 8),
      place: x(1),
      owners: x(4, 5),
      bias: x(5),
    }, { kind: "softmax", heads: 2, group: 2 }),
    loss,
  ]);
  return nodes.filter(({ inputs }) => inputs.length > 0);
}

/** Types of the operands of a node with that of operand `k` changed. */
function retyped(inputs: readonly TensorType[], k: number, dtype: DType): TensorType[] {
  return inputs.map((type, i) => ({ shape: type.shape, dtype: i === k ? dtype : type.dtype }));
}

function refuses(op: Operation, inputs: readonly TensorType[], attrs: Node["attrs"]): boolean {
  try {
    op.infer(inputs, attrs);
    return false;
  } catch (error) {
    assert.ok(error instanceof ShapeError, `${op.name}: ${error}`);
    const given = inputs.map(({ dtype }) => dtype);
    assert.ok(given.some((dtype) => error.message.includes(dtype)), error.message);
    return true;
  }
}

Deno.test("operations accept the element types that they are made for and refuse all others", () => {
  freshGraph(() => {
    for (const { op, inputs, attrs } of everyNode()) {
      const row = [...elementwise].find(([, each]) => each === op);
      const mixes = inputs.length > 1 && (row !== undefined || op.name === "concat");
      for (const [k] of inputs.entries()) {
        for (const dtype of dtypes) {
          const types = accepted[op.name]?.[k] ??
            (row !== undefined && !mixes ? elementwiseTable[row[0]].types : only);
          const wanted = mixes ? [inputs[k].dtype] : types;
          assert.equal(
            refuses(op, retyped(inputs, k, dtype), attrs),
            !wanted.includes(dtype),
            `${op.name}: operand ${k} as ${dtype}`,
          );
        }
      }
    }
  });
});

for (const [name, op] of elementwise) {
  Deno.test(`${name} takes operands of one of its types`, () => {
    const { arity, mask, types } = elementwiseTable[name];
    for (const dtype of dtypes) {
      const inputs = Array.from({ length: arity }, (_, k): TensorType => ({
        shape: [3],
        dtype: mask && k === 0 ? "f32" : dtype,
      }));
      assert.equal(refuses(op, inputs, {}), !types.some((type) => type === dtype), dtype);
    }
  });
}

Deno.test("every kernel operation is among those whose types are tested", async () => {
  const tested = freshGraph(() =>
    new Set(everyNode().map(({ op }) => op).filter(({ kind }) => kind === "kernel"))
  );
  let written = 0;
  const visit = async (folder: string): Promise<void> => {
    for await (const entry of Deno.readDir(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory) await visit(path);
      else if (/(?<!_test)\.ts$/.test(entry.name)) {
        written += (await Deno.readTextFile(path)).split('kind: "kernel"').length - 1;
      }
    }
  };
  await visit(import.meta.dirname ?? "");
  const names = [...tested].map(({ name }) => name).join(", ");
  assert.equal(tested.size, written, `add new operations to the list above; it has ${names}`);
});

Deno.test("errors of element types name the operation and both types", () => {
  freshGraph(() => {
    const fails = (build: () => Tensor, message: string) =>
      assert.throws(
        build,
        (error: unknown) => error instanceof ShapeError && error.message.startsWith(message),
      );
    fails(() => kernels.add(x(3), ids(3)), "add: operands have types f32 and i32");
    fails(() => kernels.where(ids(3), x(3), x(3)), "where: operands must be f32");
    fails(() => kernels.exp(ids(3)), "exp: operands must be f32, not i32");
    fails(() => kernels.mul(ids(3), 0.5), "mul: 0.5 is no i32");
    fails(() => kernels.pad(ids(3), 0, 1, 0, 0.5), "pad: 0.5 is no i32");
    fails(
      () => kernels.gather(x(5, 3), x(4)),
      "gather: operands must be any, integer, not f32, f32",
    );
    fails(
      () => kernels.matmul(ids(2, 3), x(3, 2)),
      "matmul: operands must be f32, f32, not i32, f32",
    );
    fails(() => kernels.crossEntropy(x(4, 5), x(4)), "crossEntropy: operands must be f32, integer");
    fails(() => kernels.concat([x(3), ids(3)], 0), "concat: operands have types f32 and i32");
    fails(
      () => kernels.max(kernels.input("u", [3], "u32")),
      "reduce: the maximum needs f32 or i32",
    );
  });
});
