import assert from "node:assert/strict";
import { freshGraph } from "../../src/graph/build.ts";
import { type Shape, ShapeError, sizeOf, type Tensor } from "../../src/graph/contract.ts";
import { mul } from "../elementwise/mod.ts";
import type { AdapterClass } from "../../src/device/adapter_class.ts";
import { matmul } from "../matmul/mod.ts";
import { sum } from "../reduce/mod.ts";
import { input } from "../source/mod.ts";
import {
  assertClose,
  type CheckedInput,
  checkOperation,
  testDevice,
  testNormals,
} from "../../src/compiler/testing.ts";
import { reshape, slice, transpose } from "../view/mod.ts";
import { evaluate } from "../../src/compiler/evaluate.ts";
import { gradients } from "../../src/compiler/gradient.ts";
import { attention, type AttentionKind, type AttentionOptions, attentionWeights } from "./mod.ts";

const kinds: readonly AttentionKind[] = ["softmax", "laplace", "relu2"];
const classes: readonly AdapterClass[] = ["software", "gpu"];

interface Case {
  readonly kind: AttentionKind;
  readonly lead?: Shape;
  readonly queries: number;
  readonly keys: number;
  readonly depth?: number;
  readonly features?: number;
  readonly bias?: boolean;
  /** Leading axes of the key mask. */
  readonly mask?: Shape;
  readonly causal?: boolean;
  readonly storedLength?: number;
}

/** About a third of the keys is padding; the second row of the mask is padding only. */
function maskValues(rows: number, keys: number): Float64Array {
  return Float64Array.from(
    { length: rows * keys },
    (_, at) => (Math.floor(at / keys) === 1 || (at * 7919) % 11 > 6 ? 0 : 1),
  );
}

function operands(c: Case): Record<string, CheckedInput> {
  const { lead = [2], queries, keys, depth = 5, features = 6 } = c;
  const inputs: Record<string, CheckedInput> = {
    q: { shape: [...lead, queries, depth] },
    k: { shape: [...lead, keys, depth] },
    v: { shape: [...lead, keys, features] },
  };
  if (c.bias) inputs.bias = { shape: [queries + keys - 1] };
  if (c.mask) {
    const values = maskValues(sizeOf(c.mask), keys);
    inputs.mask = { shape: [...c.mask, keys], values, gradient: false };
  }
  return inputs;
}

function options(c: Case, t: Readonly<Record<string, Tensor>>): AttentionOptions {
  return {
    kind: c.kind,
    ...(c.bias && t.bias ? { bias: t.bias } : {}),
    ...(c.mask && t.mask ? { keyMask: t.mask } : {}),
    ...(c.causal ? { causal: true } : {}),
    ...(c.storedLength === undefined ? {} : { storedLength: c.storedLength }),
  };
}

function check(c: Case): Promise<void> {
  return checkOperation({
    inputs: operands(c),
    probes: 3,
    build: (t) => attention(t.q, t.k, t.v, options(c, t)),
  });
}

for (const kind of kinds) {
  Deno.test(`matches the reference for ${kind} with bias and a padded group`, () =>
    check({ kind, lead: [2, 2], queries: 7, keys: 65, bias: true, mask: [2, 1] }));
  Deno.test(`matches the reference for ${kind} with bias, key mask and causal mask`, () =>
    check({ kind, queries: 63, keys: 63, bias: true, mask: [2], causal: true }));
  Deno.test(`matches the reference for ${kind} when nothing is stored`, () =>
    check({
      kind,
      lead: [2, 2],
      queries: 65,
      keys: 63,
      bias: true,
      mask: [2, 2],
      storedLength: 0,
    }));
  Deno.test(`matches the reference for causal ${kind} when nothing is stored`, () =>
    check({ kind, queries: 127, keys: 127, bias: true, causal: true, storedLength: 0 }));
}

Deno.test("matches the reference for single elements and uneven extents", async () => {
  await check({ kind: "softmax", lead: [], queries: 1, keys: 1, depth: 1, features: 1 });
  await check({ kind: "softmax", lead: [3, 1], queries: 1, keys: 7, depth: 3, features: 17 });
  await check({ kind: "laplace", lead: [9], queries: 33, keys: 1, depth: 33, features: 9 });
});

Deno.test("matches the reference for many more queries than keys, and the reverse, with bias", async () => {
  await check({ kind: "softmax", queries: 80, keys: 20, bias: true });
  await check({ kind: "laplace", queries: 20, keys: 80, bias: true });
});

Deno.test("matches the reference for tiles of 64 and of 32 rows, which need many groups", async () => {
  const many = { kind: "softmax", depth: 3, features: 4, bias: true } as const;
  await check({ ...many, lead: [128], queries: 66, keys: 9 });
  await check({ ...many, lead: [256], queries: 17, keys: 3, mask: [256] });
});

Deno.test("matches the reference for features that fill more than one vector per invocation", () =>
  check({ kind: "softmax", lead: [1], queries: 18, keys: 70, depth: 18, features: 67 }));

Deno.test("matches the reference above the stored length when the limit is the default", () =>
  check({ kind: "softmax", lead: [1], queries: 2, keys: 600, depth: 3, features: 3, bias: true }));

Deno.test("gives the weights that the reference gives, with gradients", async () => {
  for (const kind of kinds) {
    const c: Case = { kind, queries: 9, keys: 9, bias: true, mask: [2], causal: kind === "relu2" };
    const { v: _, ...inputs } = operands(c);
    await checkOperation({
      inputs,
      probes: 3,
      build: (t) => attentionWeights(t.q, t.k, options(c, t)),
    });
  }
});

Deno.test("reads heads and slices of a projection in place when operands are views", () =>
  checkOperation({
    inputs: { x: { shape: [2, 9, 24] } },
    probes: 3,
    build: ({ x }) => {
      const heads = (start: number) =>
        transpose(
          reshape(slice(x, 2, start, 8), [2, 9, 2, 4]),
          [0, 2, 1, 3],
        );
      return attention(heads(0), heads(8), heads(16), { kind: "softmax" });
    },
  }));

/** Results and gradients of two ways to compute the same thing, on the same random numbers. */
async function runBoth(
  adapterClass: AdapterClass,
  shapes: Readonly<Record<string, Shape>>,
  build: (t: Readonly<Record<string, Tensor>>) => readonly Tensor[],
  step: readonly [number, number, number] = [5, 6, 7],
) {
  const { roots, feeds } = freshGraph(() => {
    const tensors: Record<string, Tensor> = {};
    const feeds = new Map<string, Float64Array>();
    Object.entries(shapes).forEach(([name, shape], n) => {
      tensors[name] = input(name, shape);
      feeds.set(name, testNormals(sizeOf(shape), n + 1));
    });
    const roots = build(tensors).flatMap((y) => {
      feeds.set("cotangent", testNormals(y.size, 77));
      const loss = sum(mul(y, input("cotangent", y.shape)));
      return [y, ...gradients(loss, Object.values(tensors))];
    });
    return { roots, feeds };
  });
  return await evaluate(await testDevice(adapterClass), roots, feeds, { poison: true, step });
}

Deno.test("equals the unfused form, dropout and gradients included", async () => {
  const shapes = { q: [2, 37, 5], k: [2, 37, 5], v: [2, 37, 6], bias: [73] };
  for (const adapterClass of classes) {
    for (const kind of kinds) {
      for (const storedLength of [512, 0]) {
        const found = await runBoth(adapterClass, shapes, ({ q, k, v, bias }) => {
          const how: AttentionOptions = {
            kind,
            bias,
            causal: true,
            dropout: { rate: 0.3, stream: 11 },
            storedLength,
          };
          return [attention(q, k, v, how), matmul(attentionWeights(q, k, how), v)];
        });
        const half = found.length / 2;
        for (let n = 0; n < half; n++) {
          const name = `${adapterClass} ${kind} ${storedLength} result ${n}`;
          assertClose(name, found[n], found[half + n], 1e-4);
        }
      }
    }
  }
});

Deno.test("drops the stated share of weights, anew in every step", async () => {
  const q = new Float64Array(64 * 64);
  const run = async (step: number) => {
    const root = freshGraph(() => {
      const x = input("q", [1, 64, 64]);
      return attentionWeights(x, x, { kind: "softmax", dropout: { rate: 0.25, stream: 3 } });
    });
    const feeds = new Map([["q", q]]);
    const device = await testDevice("software");
    const [a] = await evaluate(device, [root], feeds, { step: [1, 2, step] });
    return [...a];
  };
  const first = await run(1);
  assert.deepEqual(await run(1), first);
  assert.notDeepEqual(await run(2), first);
  const dropped = first.filter((a) => a === 0).length / first.length;
  assert.ok(Math.abs(dropped - 0.25) < 0.03, `dropped ${dropped}`);
  assert.ok(first.every((a) => a === 0 || Math.abs(a - 1 / 64 / 0.75) < 1e-6));
});

Deno.test("gives the same bits in every run", async () => {
  const shapes = { q: [3, 40, 5], k: [3, 50, 5], v: [3, 50, 6], bias: [89] };
  for (const adapterClass of classes) {
    const run = () =>
      runBoth(
        adapterClass,
        shapes,
        ({ q, k, v, bias }) => [attention(q, k, v, { kind: "softmax", bias })],
      );
    assert.deepEqual(await run(), await run());
  }
});

Deno.test("equals attention to each chunk by itself when chunks are a leading axis", async () => {
  const shapes = { q: [2, 24, 4], k: [2, 24, 4], v: [2, 24, 5], bias: [15] };
  for (const adapterClass of classes) {
    const [together, ...rest] = await runBoth(adapterClass, shapes, ({ q, k, v, bias }) => {
      const chunks = (x: Tensor) => reshape(x, [2, 3, 8, x.shape[2]]);
      return [reshape(
        attention(chunks(q), chunks(k), chunks(v), { kind: "softmax", bias }),
        [2, 24, 5],
      )];
    });
    assert.equal(rest.length, 4);
    for (const n of [0, 1, 2]) {
      const part = (x: Tensor) => slice(x, 1, 8 * n, 8);
      const [alone] = await runBoth(
        adapterClass,
        shapes,
        ({ q, k, v, bias }) => [attention(part(q), part(k), part(v), { kind: "softmax", bias })],
      );
      const expected = [0, 1].flatMap((b) => [
        ...together.slice((b * 24 + 8 * n) * 5, (b * 24 + 8 * n + 8) * 5),
      ]);
      assertClose(`${adapterClass} chunk ${n}`, alone, expected, 1e-5);
    }
  }
});

Deno.test("gives zeros for causal softmax rows that see padding only", async () => {
  const feeds = new Map<string, ArrayLike<number>>([
    ["q", testNormals(12, 1)],
    ["mask", [0, 0, 1, 1]],
  ]);
  for (const adapterClass of classes) {
    const root = freshGraph(() => {
      const x = input("q", [4, 3]);
      return attention(x, x, x, { kind: "softmax", causal: true, keyMask: input("mask", [4]) });
    });
    const [o] = await evaluate(await testDevice(adapterClass), [root], feeds);
    assert.deepEqual([...o.slice(0, 6)], [0, 0, 0, 0, 0, 0]);
    assertClose("row of one key", o.slice(6, 9), testNormals(12, 1).slice(6, 9), 1e-5);
  }
});

Deno.test("refuses operands that do not fit together", () => {
  freshGraph(() => {
    const q = input("q", [2, 5, 3]);
    const k = input("k", [2, 6, 3]);
    const v = input("v", [2, 6, 4]);
    const kind = "softmax";
    const fails = (build: () => Tensor, message: RegExp) =>
      assert.throws(build, (error) => error instanceof ShapeError && message.test(error.message));
    fails(() => attention(q, k, q, { kind }), /v \[2, 5, 3\] does not fit k/);
    fails(() => attention(q, v, v, { kind }), /does not fit k/);
    fails(() => attention(q, k, v, { kind, causal: true }), /as many queries as keys/);
    fails(() => attention(q, k, v, { kind, bias: input("b", [11]) }), /should be \[10\]/);
    fails(() => attention(q, k, v, { kind, keyMask: input("m", [3, 6]) }), /does not broadcast/);
    fails(
      () => attention(q, k, v, { kind, dropout: { rate: 1, stream: 0 } }),
      /dropout rate 1 is not in/,
    );
  });
});
