import assert from "node:assert/strict";
import { freshGraph } from "../graph/build.ts";
import type { Tensor } from "../graph/contract.ts";
import { add, exp, mul, silu } from "../../kernels/elementwise/mod.ts";
import { matmul } from "../../kernels/matmul/mod.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { input } from "../../kernels/source/mod.ts";
import { reshape, slice, transpose } from "../../kernels/view/mod.ts";
import { fuse } from "./fusion.ts";

function plan(build: () => Tensor | Tensor[]) {
  const roots = [freshGraph(build)].flat();
  return fuse(roots, 10);
}

Deno.test("a chain of elementwise operations is one kernel", () => {
  const { groups } = plan(() => {
    const x = input("x", [8, 9]);
    return mul(silu(add(x, 1)), exp(x));
  });
  assert.equal(groups.length, 1);
});

Deno.test("bias and activation join the matrix product, with both results stored", () => {
  const { groups, stored } = plan(() => {
    const a = add(matmul(input("x", [8, 4]), input("w", [4, 6])), input("b", [6]));
    return [a, silu(a)];
  });
  assert.equal(groups.length, 1);
  assert.equal(groups[0].results.length, 2);
  assert.ok(!stored.has(groups[0].anchor!.outputs[0]), "the raw product needs no memory");
});

Deno.test("an expensive value with two consumers is stored once", () => {
  const { groups } = plan(() => {
    const x = exp(mul(silu(input("x", [64, 3])), 2));
    return [sum(x, [0]), sum(x, [1])];
  });
  assert.equal(groups.length, 3);
});

Deno.test("a reduction computes its elementwise operand on the fly", () => {
  const { groups } = plan(() => {
    const x = input("x", [64, 3]);
    return sum(mul(x, x), [0]);
  });
  assert.equal(groups.length, 1);
});

Deno.test("a transposed reader does not join the kernel that it reads from", () => {
  const { groups } = plan(() => {
    const y = matmul(input("x", [5, 5]), input("w", [5, 5]));
    return [mul(transpose(y), 2), mul(reshape(y, [25]), 3)];
  });
  assert.equal(groups.length, 2);
});

Deno.test("slices of a stored value occupy no memory", () => {
  const { stored } = plan(() => {
    const y = matmul(input("x", [5, 4]), input("w", [4, 6]));
    return matmul(slice(y, 1, 0, 3), slice(y, 1, 3, 3), { transposeB: true });
  });
  assert.equal([...stored].filter((t) => t.node.op.kind === "view").length, 0);
});

Deno.test("fusion keeps to the binding limit", () => {
  const { reads, groups } = plan(() => {
    const inputs = Array.from({ length: 20 }, (_, i) => input(`x${i}`, [16]));
    return inputs.map((x) => silu(x)).reduce((a, b) => mul(a, b));
  });
  for (const group of groups) {
    assert.ok((reads.get(group)?.size ?? 0) + group.results.length <= 10);
  }
});
