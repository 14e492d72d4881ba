import assert from "node:assert/strict";
import { adapterClasses } from "../../device/adapter_class.ts";
import { freshGraph } from "../../graph/build.ts";
import type { Tensor } from "../../graph/contract.ts";
import { mul } from "../../../kernels/elementwise/mod.ts";
import { sum } from "../../../kernels/reduce/mod.ts";
import { full } from "../../../kernels/source/generate.ts";
import { input, parameter } from "../../../kernels/source/mod.ts";
import { assertClose, testDevice, testNormals } from "../../compiler/testing.ts";
import { concat, reshape, slice } from "../../../kernels/view/mod.ts";
import { evaluate, type Feeds, interpret } from "../../compiler/evaluate.ts";
import { gradients } from "../../compiler/gradient.ts";
import { ModelContext } from "../context.ts";
import { type ComplexTensor, fromPairs } from "./complex.ts";
import { denseTransition, recoveredOutput } from "./host_system.ts";
import { initialSystem } from "./initial_values.ts";
import { vandermonde } from "./kernel.ts";
import { s4Block, type S4BlockOptions, s4Convolution, s4Kernel } from "./layer.ts";
import { defaultKernelOptions, type S4KernelOptions, s4Transforms } from "./options.ts";
import { s4Parameters } from "./parameters.ts";
import { s4Readout, s4Transition } from "./step.ts";
import { positive, positiveValue, storedValue } from "./transforms.ts";

/** Evaluates on both classes and compares with the float64 references. */
async function againstReference(
  build: (ctx: ModelContext) => readonly Tensor[],
  feeds: Feeds,
  tolerance: number,
  initial = true,
): Promise<void> {
  const { roots, values } = freshGraph(() => {
    const ctx = new ModelContext({ training: true });
    const roots = build(ctx);
    return { roots, values: initial ? ctx.collected.initialize(5) : new Map() };
  });
  const all: Feeds = new Map([...values, ...feeds]);
  const expected = interpret(roots, all);
  for (const adapterClass of adapterClasses) {
    const actual = await evaluate(await testDevice(adapterClass), roots, all, { poison: true });
    actual.forEach((data, i) =>
      assertClose(`result ${i} (${adapterClass})`, data, expected[i].data, tolerance)
    );
  }
}

/** Kernel of explicit values: N = 4, Δ = 0.1, B and A of the given initial system, C = (1, 1). */
async function smallKernel(options: S4KernelOptions, c: readonly number[]): Promise<number[]> {
  const { kernel, values } = freshGraph(() => {
    const ctx = new ModelContext({ training: false });
    const kernel = s4Kernel(s4Parameters(ctx, 1, 8, options), 8, options);
    return { kernel, values: ctx.collected.initialize(0) };
  });
  values.set("inv_dt", Float32Array.of(Math.log(0.1)));
  values.set("C", Float32Array.from(c));
  const [data] = await evaluate(await testDevice("software"), [kernel], values);
  return [...data];
}

Deno.test("kernels have the published values for four states", async () => {
  const small = { ...defaultKernelOptions, states: 4, mode: "diag", init: "lin" } as const;
  assertClose(
    "zero-order hold",
    await smallKernel(small, [1, 0, 1, 0]),
    [0.387011, 0.350341, 0.300985, 0.244020, 0.184809, 0.128457, 0.079347, 0.040791],
    0,
    // The reference keeps the frequency 0 away from 0 by 1e-4; the published numbers do not.
    3e-6,
  );
  assertClose(
    "bilinear",
    await smallKernel({ ...small, discretization: "bilinear" }, [1, 0, 1, 0]),
    [0.385767, 0.349877, 0.301445, 0.245362, 0.186828, 0.130827, 0.081677, 0.042686],
    0,
    3e-6,
  );
  const attuned = [0.867453, 0.048945, 0.622304, -0.150418];
  assertClose(
    "low rank",
    await smallKernel({ ...small, mode: "dplr", init: "legs" }, attuned),
    [0.203998, 0.216504, 0.197473, 0.166621, 0.134233, 0.105138, 0.081134, 0.062431],
    0,
    2e-6,
  );
});

const recurrences: readonly (readonly [string, Partial<S4KernelOptions>])[] = [
  ["S4D-Lin, zero-order hold", { mode: "diag", init: "lin" }],
  ["S4D-Inv, bilinear", { mode: "diag", init: "inv", discretization: "bilinear", channels: 2 }],
  ["S4D-LegS with shared matrices", { mode: "diag", init: "legs", copies: 1 }],
  ["S4D with a step per pair", { mode: "diag", init: "lin", tiedDt: false }],
  ["S4-LegS", { mode: "dplr", init: "legs", channels: 2 }],
  ["S4-LegS attuned to more taps", { mode: "dplr", init: "legs", kernelLength: 33 }],
  ["S4-LegS, long steps", { mode: "dplr", init: "legs", copies: 3, dtMin: 0.2, dtMax: 0.5 }],
];

/** Weights of the recurrence from those that are attuned to a kernel length, [C, H, M, 2]. */
function recover(values: Map<string, Float32Array>, options: S4KernelOptions, length: number) {
  const stored = values.get("C") ?? new Float32Array();
  if (options.mode === "diag") return stored;
  const { a, b, p } = initialSystem(options.init, options.states);
  const steps = values.get("inv_dt") ?? new Float32Array();
  const pairs = options.states / 2;
  const result = new Float32Array(stored.length);
  for (let row = 0; row < stored.length / (2 * pairs); row++) {
    const dt = positiveValue(options.dtTransform, steps[row % steps.length]);
    const part = (k: number) =>
      Float64Array.from({ length: pairs }, (_, n) => stored[(row * pairs + n) * 2 + k]);
    const attuned = { re: part(0), im: part(1) };
    const output = recoveredOutput(denseTransition({ a, b, p, dt }), attuned, length);
    for (let n = 0; n < pairs; n++) {
      result.set([output.re[n], output.im[n]], (row * pairs + n) * 2);
    }
  }
  return result;
}

for (const [name, change] of recurrences) {
  Deno.test(`convolution and recurrence agree: ${name}`, async () => {
    const [batch, length, features] = [2, 20, 6];
    const options: S4KernelOptions = {
      ...defaultKernelOptions,
      states: 8,
      dtMin: 0.02,
      dtMax: 0.3,
      dtTransform: "softplus",
      ...change,
    };
    const pairs = options.states / 2;
    const { roots, values } = freshGraph(() => {
      const ctx = new ModelContext({ training: false });
      const x = input("x", [batch, length, features]);
      const parameters = s4Parameters(ctx, features, length, options);
      const convolved = s4Convolution(x, s4Kernel(parameters, length, options), false);
      const transition = s4Transition(parameters, options);
      const c = fromPairs(input("weights", [options.channels, features, pairs, 2]));
      const zero = full([batch, features, pairs], 0);
      let state: ComplexTensor = { re: zero, im: zero };
      const steps = Array.from({ length }, (_, t) => {
        state = transition(state, reshape(slice(x, 1, t, 1), [batch, features]));
        return reshape(s4Readout(c, state), [batch, 1, options.channels * features]);
      });
      const roots = [convolved, concat(steps, 1)];
      return { roots, values: ctx.collected.initialize(11) };
    });
    const all: Feeds = new Map<string, ArrayLike<number>>([
      ...values,
      ["x", testNormals(batch * length * features, 4)],
      ["weights", recover(values, options, options.kernelLength ?? length)],
    ]);
    for (const adapterClass of adapterClasses) {
      const device = await testDevice(adapterClass);
      const [convolved, stepped] = await evaluate(device, roots, all, { poison: true });
      assert.ok(convolved.some((value) => Math.abs(value) > 0.1));
      assertClose(adapterClass, stepped, convolved, 1e-5);
    }
  });
}

for (
  const [rows, features, pairs, length] of [
    [1, 1, 1, 1],
    [2, 3, 2, 7],
    [1, 7, 5, 65],
    [4, 2, 32, 1000],
  ]
) {
  Deno.test(`the Vandermonde product follows its sum for ${[rows, features, pairs, length]}`, () => {
    const shape = [rows, features, pairs];
    const feeds = new Map([
      ["wr", testNormals(rows * features * pairs, 1)],
      ["wi", testNormals(rows * features * pairs, 2)],
      ["re", testNormals(features * pairs, 3).map((x) => Math.fround(-0.01 * Math.abs(x)))],
      ["im", testNormals(features * pairs, 4)],
    ]);
    const value = (name: string) => feeds.get(name) ?? new Float64Array();
    const build = () => {
      const pole = { re: input("re", [features, pairs]), im: input("im", [features, pairs]) };
      return vandermonde({ re: input("wr", shape), im: input("wi", shape) }, pole, length);
    };
    const [result] = interpret([freshGraph(build)], feeds);
    const [wr, wi, re, im] = ["wr", "wi", "re", "im"].map(value);
    result.data.forEach((tap, at) => {
      const l = at % length;
      const row = Math.floor(at / length);
      let expected = 0;
      for (let n = 0; n < pairs; n++) {
        const [w, pole] = [row * pairs + n, (row % features) * pairs + n];
        const phase = im[pole] * l;
        expected += 2 * Math.exp(re[pole] * l) *
          (wr[w] * Math.cos(phase) - wi[w] * Math.sin(phase));
      }
      assert.ok(Math.abs(tap - expected) < 1e-9 * pairs, `tap ${at}: ${tap}, not ${expected}`);
    });
    return againstReference(() => [build()], feeds, 2e-6, false);
  });
}

const block: S4BlockOptions = {
  ...defaultKernelOptions,
  states: 6,
  dtMin: 0.02,
  dtMax: 0.3,
  activation: "gelu",
  finalActivation: "glu",
  dropout: 0,
  tieDropout: true,
};
const blocks: readonly (readonly [string, Partial<S4BlockOptions>, number])[] = [
  ["of one step, both directions", { bidirectional: true }, 1],
  ["with a kernel longer than the sequence", { bidirectional: true, kernelLength: 26 }, 13],
  ["with a kernel shorter than the sequence", { kernelLength: 7, channels: 2 }, 15],
  ["of a diagonal system with a short kernel", { mode: "diag", kernelLength: 9 }, 13],
  ["without an output map", { mode: "diag", init: "inv", finalActivation: null }, 9],
  ["of a prime length", { bidirectional: true, channels: 2, finalActivation: "tanh" }, 17],
];

for (const [name, change, length] of blocks) {
  Deno.test(`an S4 block ${name} and its gradients follow the references`, () => {
    const [batch, features] = [2, 5];
    const feeds = new Map([
      ["x", testNormals(batch * length * features, 1)],
      ["valid", Float64Array.from({ length: batch * length }, (_, i) => (i < 12 ? 1 : 0))],
    ]);
    return againstReference(
      (ctx) => {
        const x = input("x", [batch, length, features]);
        const valid = input("valid", [batch, length]);
        const { y, activated, kernel } = s4Block(ctx, x, { ...block, ...change }, valid);
        const specs = ctx.collected.parameters;
        const wrt = specs.map((spec) => parameter(spec.name, spec.shape));
        return [y, activated, kernel, ...gradients(sum(mul(y, y)), [x, ...wrt])];
      },
      feeds,
      3e-5,
    );
  });
}

Deno.test("the kernel that looks ahead starts one step ahead", async () => {
  const y = freshGraph(() => s4Convolution(input("x", [1, 4, 1]), input("k", [2, 1, 4]), true));
  const feeds = new Map([["x", [0, 1, 0, 0]], ["k", [1, 2, 3, 4, 10, 20, 30, 40]]]);
  const [data] = await evaluate(await testDevice("software"), [y], feeds);
  assertClose("y", data, [10, 1, 2, 3], 1e-6);
});

Deno.test("kernels of 64 states keep single precision over 1024 taps", async () => {
  for (const mode of ["dplr", "diag"] as const) {
    const options = { ...defaultKernelOptions, mode, bidirectional: true };
    await againstReference(
      (ctx) => [s4Kernel(s4Parameters(ctx, 2, 1024, options), 1024, options)],
      new Map(),
      3e-5,
    );
  }
});

Deno.test("transforms of positive parameters agree with the host and undo what is stored", async () => {
  const stored = Float64Array.of(-12, -6.9, -2, -0.1, 0.3, 4).map(Math.fround);
  for (const transform of s4Transforms) {
    const value = freshGraph(() => positive(transform, input("p", [6])));
    const [data] = await evaluate(await testDevice("software"), [value], new Map([["p", stored]]));
    stored.forEach((x, i) => {
      const expected = positiveValue(transform, x);
      assert.ok(Math.abs(data[i] - expected) <= 1e-6 * Math.abs(expected), `${transform} ${x}`);
    });
    const back = positiveValue(transform, storedValue(transform, 0.37));
    assert.ok(Math.abs(back - 0.37) < (transform === "relu" ? 2e-4 : 1e-12), transform);
  }
});

Deno.test("initial steps fill their interval and depend on the seed alone", () => {
  const collect = (seed: number) =>
    freshGraph(() => {
      const ctx = new ModelContext({ training: false });
      s4Parameters(ctx, 400, 8, { ...defaultKernelOptions, mode: "diag" });
      return ctx.collected.initialize(seed).get("inv_dt") ?? new Float32Array();
    });
  const steps = collect(1);
  const [low, high] = [Math.min(...steps), Math.max(...steps)];
  assert.ok(low >= Math.log(0.001) - 1e-6 && low < Math.log(0.001) + 0.1);
  assert.ok(high <= Math.log(0.1) + 1e-6 && high > Math.log(0.1) - 0.1);
  assert.deepEqual(collect(1), steps);
  assert.notDeepEqual(collect(2), steps);
});

Deno.test("a layer whose options contradict each other says so", () => {
  freshGraph(() => {
    const ctx = new ModelContext({ training: false });
    const build = (change: Partial<S4KernelOptions>) => () =>
      s4Parameters(ctx, 6, 8, { ...defaultKernelOptions, ...change });
    assert.throws(build({ copies: 4 }), /4 copies do not divide 6 features/);
    assert.throws(build({ states: 5, mode: "diag", init: "lin" }), /pairs/);
    assert.throws(build({ tiedDt: false }), /one step per feature/);
    const parameters = build({})();
    assert.throws(() => s4Kernel(parameters, 9, defaultKernelOptions), /attuned to 8/);
  });
});
