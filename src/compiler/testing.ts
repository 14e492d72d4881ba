/**
 * The one check of every operation: results and all gradients on the device, for both adapter
 * classes and with poisoned memory, against the float64 references; and the differentiated graph
 * against central differences of the references.
 */
import assert from "node:assert/strict";
import { type DType, type Shape, sizeOf, type Tensor } from "../graph/contract.ts";
import { freshGraph } from "../graph/build.ts";
import { add, mul } from "../../kernels/elementwise/mod.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { input } from "../../kernels/source/mod.ts";
import { type Device, openDevice } from "../device/device.ts";
import { evaluate, interpret } from "./evaluate.ts";
import { gradients } from "./gradient.ts";
import { type AdapterClass, adapterClasses } from "../device/adapter_class.ts";

/** An operand of a checked operation. */
export interface CheckedInput {
  readonly shape: Shape;
  readonly dtype?: DType;
  /** Values; default: seeded normal numbers (f32) or zeros (integers). */
  readonly values?: ArrayLike<number>;
  /** Set to false for operands that are not differentiable. Integers never are. */
  readonly gradient?: boolean;
}

/** What {@link checkOperation} checks. */
export interface OperationCheck {
  readonly inputs: Readonly<Record<string, CheckedInput>>;
  readonly build: (tensors: Readonly<Record<string, Tensor>>) => Tensor | readonly Tensor[];
  /** Largest error relative to the largest reference value (default 2e-5; gradients five times that). */
  readonly tolerance?: number;
  /** Adapter classes to run (default both). */
  readonly classes?: readonly AdapterClass[];
  /** Elements per operand for central differences (default 12; 0 switches them off). */
  readonly probes?: number;
  /** Half step of the central differences (default 1e-4). */
  readonly difference?: number;
}

/** Deterministic standard normal numbers for tests. */
export function testNormals(count: number, seed: number): Float64Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const next = () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return Float64Array.from(
    { length: count },
    () => Math.fround(Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next())),
  );
}

/** Throws when `actual` differs from `expected`, naming the worst element. */
export function assertClose(
  name: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  floor = 1e-6,
): void {
  assert.equal(actual.length, expected.length, `${name}: number of elements`);
  let scale = 0;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]));
  let worst = 0;
  let at = -1;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    if (!(error <= worst)) [worst, at] = [error, i];
    if (Number.isNaN(error)) break;
  }
  if (!(worst <= tolerance * scale + floor)) {
    assert.fail(
      `${name}[${at}] is ${actual[at]}, expected ${
        expected[at]
      } (error ${worst}, largest value ${scale})`,
    );
  }
}

const devices = new Map<AdapterClass, Promise<Device>>();

/** A shared device of the given class; tests never destroy it. */
export function testDevice(adapterClass: AdapterClass): Promise<Device> {
  let device = devices.get(adapterClass);
  if (!device) devices.set(adapterClass, device = openDevice({ adapterClass }));
  return device;
}

function values(check: OperationCheck): Map<string, Float64Array> {
  const feeds = new Map<string, Float64Array>();
  Object.entries(check.inputs).forEach(([name, { shape, dtype, values }], i) => {
    const size = sizeOf(shape);
    feeds.set(
      name,
      values
        ? Float64Array.from(values)
        : dtype && dtype !== "f32"
        ? new Float64Array(size)
        : testNormals(size, i + 1),
    );
  });
  return feeds;
}

/**
 * Checks an operation. All operands are random unless given.
 *
 * @throws {AssertionError} naming the result or gradient, the class and the worst element.
 */
export async function checkOperation(check: OperationCheck): Promise<void> {
  const tolerance = check.tolerance ?? 2e-5;
  const feeds = values(check);
  const graph = freshGraph(() => {
    const tensors: Record<string, Tensor> = {};
    for (const [name, { shape, dtype }] of Object.entries(check.inputs)) {
      tensors[name] = input(name, shape, dtype ?? "f32");
    }
    const built = check.build(tensors);
    const outputs: readonly Tensor[] = Array.isArray(built) ? built : [built].flat();
    const differentiable = outputs.filter((output) => output.dtype === "f32");
    const terms = differentiable.map((output, i) => {
      feeds.set(`cotangent${i}`, testNormals(output.size, 100 + i));
      return sum(mul(output, input(`cotangent${i}`, output.shape)));
    });
    const wrt = Object.entries(check.inputs)
      .filter(([, { dtype, gradient }]) => (dtype ?? "f32") === "f32" && gradient !== false)
      .map(([name]) => name);
    const loss = terms.length > 0 ? terms.reduce((a, b) => add(a, b)) : undefined;
    const grads = loss ? gradients(loss, wrt.map((name) => tensors[name])) : [];
    return { outputs, wrt, grads, loss };
  });
  const { outputs, wrt, grads, loss } = graph;
  const roots = [...outputs, ...grads];
  const expected = interpret(roots, feeds);
  const names = [
    ...outputs.map((_, i) => `output ${i}`),
    ...wrt.map((name) => `gradient of ${name}`),
  ];
  for (const adapterClass of check.classes ?? adapterClasses) {
    const device = await testDevice(adapterClass);
    const actual = await evaluate(device, roots, feeds, { poison: true });
    actual.forEach((data, i) => {
      const factor = i < outputs.length ? 1 : 5;
      assertClose(`${names[i]} (${adapterClass})`, data, expected[i].data, factor * tolerance);
    });
  }
  const probes = check.probes ?? 12;
  if (!loss || probes === 0) return;
  const h = check.difference ?? 1e-4;
  wrt.forEach((name, k) => {
    const base = feeds.get(name);
    const gradient = expected[outputs.length + k].data;
    if (!base) return;
    const scale = gradient.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    const stride = Math.max(1, Math.floor(base.length / probes));
    for (let at = 0; at < base.length; at += stride) {
      const shifted = (sign: number) => {
        const moved = base.slice();
        moved[at] = Math.fround(base[at] + sign * h);
        const [value] = interpret([loss], new Map([...feeds, [name, moved]]));
        return { value: value.data[0], at: moved[at] };
      };
      const above = shifted(1);
      const below = shifted(-1);
      const slope = (above.value - below.value) / (above.at - below.at);
      assert.ok(
        Math.abs(slope - gradient[at]) <= 2e-3 * scale + 1e-5,
        `gradient of ${name}[${at}] is ${gradient[at]}, central difference ${slope}`,
      );
    }
  });
}
