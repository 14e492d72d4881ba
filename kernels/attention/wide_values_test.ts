import assert from "node:assert/strict";
import { evaluate } from "../../src/compiler/evaluate.ts";
import { gradients } from "../../src/compiler/gradient.ts";
import {
  assertClose,
  type CheckedInput,
  checkOperation,
  testDevice,
  testNormals,
} from "../../src/compiler/testing.ts";
import { freshGraph } from "../../src/graph/build.ts";
import { type Shape, ShapeError } from "../../src/graph/contract.ts";
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { mul } from "../elementwise/mod.ts";
import { sum } from "../reduce/mod.ts";
import { input } from "../source/mod.ts";
import { backwardOperands } from "./backward_operands.ts";
import { lowerGpu } from "./gpu.ts";
import { lowerGpuBackward } from "./gpu_backward.ts";
import { attention, type AttentionKind, type AttentionOptions } from "./mod.ts";
import { type Problem, readProblem } from "./problem.ts";
import { lowerSoftware } from "./software.ts";
import { lowerSoftwareBackward } from "./software_backward.ts";
import { lowerStored, lowerStoredBackward } from "./software_stored.ts";

interface Case {
  readonly kind: AttentionKind;
  readonly lead: Shape;
  readonly queries: number;
  readonly keys: number;
  readonly features: number;
  readonly causal?: boolean;
  /** Leading axes of the key mask; its second row, if there is one, is padding only. */
  readonly mask?: Shape;
  /** Limit of undivided values; default 8, which gives blocks of 8 features. */
  readonly wholeWidth?: number;
}

/** Checks divided values, forward and all gradients. */
function check({ wholeWidth = 8, ...c }: Case): Promise<void> {
  const { kind, lead, queries, keys, features, causal, mask } = c;
  const inputs: Record<string, CheckedInput> = {
    q: { shape: [...lead, queries, 5] },
    k: { shape: [...lead, keys, 5] },
    v: { shape: [...lead, keys, features] },
    bias: { shape: [queries + keys - 1] },
  };
  if (mask) {
    const rows = mask.reduce((a, b) => a * b, 1);
    const values = Array.from(
      { length: rows * keys },
      (_, at) => (Math.floor(at / keys) === 1 || at % 5 === 2 ? 0 : 1),
    );
    inputs.mask = { shape: [...mask, keys], values, gradient: false };
  }
  return checkOperation({
    inputs,
    probes: 3,
    build: ({ q, k, v, bias, mask }) =>
      attention(q, k, v, {
        kind,
        bias,
        ...(mask === undefined ? {} : { keyMask: mask }),
        causal: causal ?? false,
        wholeWidth,
        storedLength: 0,
      }),
  });
}

Deno.test("divided values match the reference for softmax with a padded group and a last block of 3", () =>
  check({ kind: "softmax", lead: [2], queries: 18, keys: 67, features: 19, mask: [2] }));

Deno.test("divided values match the reference for causal softmax in chunks with a key mask", () =>
  check({
    kind: "softmax",
    lead: [2, 2],
    queries: 17,
    keys: 17,
    features: 16,
    causal: true,
    mask: [2, 2],
  }));

Deno.test("divided values match the reference for causal Laplace with a key mask", () =>
  check({
    kind: "laplace",
    lead: [2],
    queries: 66,
    keys: 66,
    features: 9,
    causal: true,
    mask: [2],
  }));

Deno.test("divided values match the reference for squared ReLU in chunks and blocks of 196", () =>
  check({
    kind: "relu2",
    lead: [2, 2],
    queries: 18,
    keys: 5,
    features: 390,
    mask: [2, 1],
    wholeWidth: 384,
  }));

Deno.test("divided values give what undivided ones give, dropout and gradients included", async () => {
  const shapes = { q: [2, 37, 5], k: [2, 37, 5], v: [2, 37, 18], bias: [73], g: [2, 37, 18] };
  const feeds = new Map(
    Object.entries(shapes).map(([name, shape], n) => [
      name,
      testNormals(shape.reduce((a, b) => a * b, 1), n + 1),
    ]),
  );
  const device = await testDevice("gpu");
  for (const kind of ["softmax", "laplace"] as const) {
    const roots = freshGraph(() => {
      const [q, k, v, bias, g] = Object.entries(shapes).map(([name, shape]) => input(name, shape));
      const both = (how: Partial<AttentionOptions>) => {
        const dropout = { rate: 0.3, stream: 11 };
        const y = attention(q, k, v, { kind, bias, causal: true, dropout, ...how });
        return [y, ...gradients(sum(mul(y, g)), [q, k, v, bias])];
      };
      return [...both({}), ...both({ wholeWidth: 8 })];
    });
    const found = await evaluate(device, roots, feeds, { poison: true, step: [5, 6, 7] });
    for (let n = 0; n < 5; n++) assertClose(`${kind} ${n}`, found[5 + n], found[n], 1e-6);
  }
});

const lowerings = {
  "gpu forward": lowerGpu,
  "gpu backward": (p: Problem, ctx: LowerContext) => lowerGpuBackward(p, backwardOperands(p), ctx),
  "software forward": lowerSoftware,
  "software backward": (p: Problem, ctx: LowerContext) =>
    lowerSoftwareBackward(p, backwardOperands(p), ctx),
  "stored forward": lowerStored,
  "stored backward": (p: Problem, ctx: LowerContext) =>
    lowerStoredBackward(p, backwardOperands(p), ctx),
};
type Lower = (p: Problem, ctx: LowerContext) => Pass[];

/** Passes for two groups of `length` queries and keys of width 256, with values of width `features`. */
function lowered(
  lower: Lower,
  kind: AttentionKind,
  length: number,
  features: number,
  wholeWidth = 384,
): Pass[] {
  const operand = (width: number) => ({ shape: [2, length, width], dtype: "f32" as const });
  const attrs = { kind, bias: true, mask: true, causal: true, rate: 0.1, stream: 3 };
  const p = readProblem(
    "attention",
    [
      operand(256),
      operand(256),
      operand(features),
      { shape: [2 * length - 1], dtype: "f32" },
      { shape: [2, length], dtype: "f32" },
    ],
    { ...attrs, storedLength: 512, wholeWidth },
  );
  let count = 0;
  return lower(p, {
    adapterClass: "gpu",
    subgroupSize: 8,
    subgroups: true,
    workgroupMemory: 16384,
    scratch: (size, dtype = "f32") => ({ index: count++, size, dtype }),
    strided: () => undefined,
  });
}

const source = (pass: Pass) => `${pass.declarations ?? ""}\n${pass.body}`;

/** Lengths of the arrays in a text, in order. */
function arrayLengths(text: string): number[] {
  return [...text.matchAll(/array<[^;]*?, (\d+)>/g)].map(([, length]) => Number(length));
}

for (const [name, lower] of Object.entries(lowerings)) {
  Deno.test(`the ${name} shaders differ in constants only when values grow wider`, () => {
    for (const kind of ["softmax", "laplace", "relu2"] as const) {
      const narrow = lowered(lower, kind, 2048, 512);
      const wide = lowered(lower, kind, 2048, 2048);
      assert.deepEqual(wide.map((pass) => pass.name), narrow.map((pass) => pass.name));
      wide.forEach((pass, n) => {
        const [found, expected] = [source(pass), source(narrow[n])];
        const form = (text: string) => text.replace(/\d+u\b/g, "#");
        assert.equal(form(found), form(expected));
        assert.deepEqual(arrayLengths(found), arrayLengths(expected));
      });
    }
  });
}

for (const name of ["gpu forward", "gpu backward"] as const) {
  Deno.test(`the ${name} shaders of wide values fit 16 KiB of workgroup memory`, () => {
    for (const kind of ["softmax", "laplace"] as const) {
      for (const pass of lowered(lowerings[name], kind, 2048, 2048)) {
        const declared = [...(pass.declarations ?? "").matchAll(/var<workgroup> (.*);/g)];
        assert.equal(declared.length > 0, pass.name !== "bias", pass.name);
        const bytes = declared.reduce((total, [, text]) => {
          const length = /: array<vec4<f32>, (\d+)>$/.exec(text);
          assert.ok(length !== null || text.endsWith("atomic<u32>"), text);
          return total + 16 * Number(length?.[1] ?? 1);
        }, 0);
        assert.ok(bytes <= 16384, `${pass.name} has ${bytes} bytes`);
      }
    }
  });

  Deno.test(`the ${name} shaders are undivided up to the limit and divided above it`, () => {
    const texts = (features: number, wholeWidth?: number) =>
      lowered(lowerings[name], "softmax", 1024, features, wholeWidth).map(source);
    assert.deepEqual(texts(320), texts(320, 4096));
    assert.deepEqual(texts(384), texts(384, 4096));
    assert.notDeepEqual(texts(385), texts(385, 4096));
  });
}

Deno.test("refuses a limit below one feature", () => {
  freshGraph(() => {
    const x = input("x", [2, 3]);
    assert.throws(() => attention(x, x, x, { kind: "relu2", wholeWidth: 0 }), ShapeError);
  });
});
