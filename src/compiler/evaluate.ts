/** One-shot evaluation of tensors, on the device and by the float64 references. */
import type { Node, RefArray, Tensor } from "../graph/contract.ts";
import { constantValues, roleOf, sourceName } from "../../kernels/source/mod.ts";
import type { Device } from "../device/device.ts";
import { reachable } from "./gradient.ts";
import { type BufferRange, compile } from "./program.ts";

/** Values of sources by name. */
export type Feeds = ReadonlyMap<string, ArrayLike<number>>;

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  readonly label?: string;
  /** Fill intermediates with NaN first. */
  readonly poison?: boolean;
  /** Seed (low, high) and step of random operations. */
  readonly step?: readonly [number, number, number];
}

function feedOf(tensor: Tensor, feeds: Feeds): ArrayLike<number> {
  const name = sourceName(tensor);
  const values = roleOf(tensor) === "constant" ? constantValues(name) : feeds.get(name);
  if (!values) throw new RangeError(`no value was given for ${name}`);
  if (values.length !== tensor.size) {
    throw new RangeError(`${name}: ${values.length} values for shape [${tensor.shape}]`);
  }
  return values;
}

function typed(tensor: Tensor, values: ArrayLike<number>) {
  return tensor.dtype === "f32"
    ? Float32Array.from(values)
    : tensor.dtype === "i32"
    ? Int32Array.from(values)
    : Uint32Array.from(values);
}

/** Source tensors that `roots` depend on. */
export function sourcesOf(roots: readonly Tensor[]): Tensor[] {
  return reachable(roots).filter((node) => node.op.kind === "source").map((node) =>
    node.outputs[0]
  );
}

/** Compiles, runs once, reads all results back and releases everything. */
export async function evaluate(
  device: Device,
  roots: readonly Tensor[],
  feeds: Feeds,
  options: EvaluateOptions = {},
): Promise<(Float32Array | Int32Array | Uint32Array)[]> {
  const buffers = new Map<Tensor, BufferRange>();
  const stepInfo = device.createBuffer("step information", 16);
  device.upload(stepInfo, Uint32Array.from([...(options.step ?? [0, 0, 0]), 0]));
  for (const source of sourcesOf(roots)) {
    const buffer = device.createBuffer(sourceName(source), 4 * source.size);
    device.upload(buffer, typed(source, feedOf(source, feeds)));
    buffers.set(source, { buffer, offset: 0, bytes: 4 * source.size });
  }
  const program = compile(device, {
    label: options.label ?? "evaluate",
    roots,
    place: (tensor) => buffers.get(tensor),
    stepInfo,
    poison: options.poison ?? false,
  });
  try {
    program.run();
    const results = [];
    for (const root of roots) results.push(await program.read(root));
    return results;
  } finally {
    program.destroy();
    for (const { buffer } of buffers.values()) device.destroyBuffer(buffer);
    device.destroyBuffer(stepInfo);
  }
}

/** Evaluates in float64 with the reference of every operation. */
export function interpret(roots: readonly Tensor[], feeds: Feeds): RefArray[] {
  const values = new Map<Node, readonly RefArray[]>();
  for (const node of reachable(roots)) {
    if (node.op.kind === "source") {
      const [tensor] = node.outputs;
      const data = Float64Array.from(typed(tensor, feedOf(tensor, feeds)));
      values.set(node, [{ shape: tensor.shape, data }]);
      continue;
    }
    const operands = node.inputs.map((tensor) => valueOf(values, tensor));
    values.set(node, node.op.reference(operands, node.attrs));
  }
  return roots.map((tensor) => valueOf(values, tensor));
}

function valueOf(values: ReadonlyMap<Node, readonly RefArray[]>, tensor: Tensor): RefArray {
  const value = values.get(tensor.node)?.[tensor.index];
  if (!value) throw new Error(`${tensor.node.label}: not evaluated`);
  return value;
}
