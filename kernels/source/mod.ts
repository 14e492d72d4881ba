/**
 * Values that live outside the graph and are bound by the executor: batch inputs, trainable
 * parameters, state (updated by the program, no gradient), carried state (the same, but it belongs to a
 * stream of batches) and constants.
 */
import type { DType, Shape, SourceOperation, Tensor } from "../../src/graph/contract.ts";
import { apply1 } from "../../src/graph/build.ts";

/** Who provides a source. */
export type SourceRole = "input" | "parameter" | "state" | "carried" | "constant";

function sourceOperation(role: SourceRole): SourceOperation {
  return {
    name: role,
    kind: "source",
    infer: (_inputs, attrs) => {
      const { shape, dtype } = attrs;
      if (!Array.isArray(shape) || (dtype !== "f32" && dtype !== "i32" && dtype !== "u32")) {
        throw new TypeError(`${role}: malformed attributes`);
      }
      return [{ shape: shape.map(Number), dtype }];
    },
    vjp: () => [],
    reference: () => {
      throw new Error(`${role}: a source has no reference value`);
    },
    cost: () => ({ flops: 0, bytes: 0 }),
  };
}

const operations: Readonly<Record<SourceRole, SourceOperation>> = {
  input: sourceOperation("input"),
  parameter: sourceOperation("parameter"),
  state: sourceOperation("state"),
  carried: sourceOperation("carried"),
  constant: sourceOperation("constant"),
};

const constants = new Map<string, Float32Array<ArrayBuffer>>();

/** A value uploaded before every step, by name. */
export function input(name: string, shape: Shape, dtype: DType = "f32"): Tensor {
  return apply1(operations.input, [], { name, shape: [...shape], dtype });
}

/** A trainable f32 parameter, by name. */
export function parameter(name: string, shape: Shape): Tensor {
  return apply1(operations.parameter, [], { name, shape: [...shape], dtype: "f32" });
}

/** Persistent f32 state that the program itself updates (running statistics), by name. */
export function state(name: string, shape: Shape): Tensor {
  return apply1(operations.state, [], { name, shape: [...shape], dtype: "f32" });
}

/** f32 state of a stream of batches (recurrent state), by name; zero where a stream starts. */
export function carried(name: string, shape: Shape): Tensor {
  return apply1(operations.carried, [], { name, shape: [...shape], dtype: "f32" });
}

/**
 * A fixed f32 table that is uploaded once. `name` identifies the contents: the same name must always
 * come with the same values.
 *
 * @throws {RangeError} when the number of values does not fit the shape.
 */
export function constant(name: string, shape: Shape, values: ArrayLike<number>): Tensor {
  const data = Float32Array.from(values);
  if (data.length !== shape.reduce((a, b) => a * b, 1)) {
    throw new RangeError(`constant ${name}: ${data.length} values for shape [${shape}]`);
  }
  const known = constants.get(name);
  if (known === undefined) constants.set(name, data);
  else if (known.length !== data.length || known.some((value, i) => value !== data[i])) {
    throw new RangeError(`constant ${name}: defined twice with different values`);
  }
  return apply1(operations.constant, [], { name, shape: [...shape], dtype: "f32" });
}

/** Values of a constant. */
export function constantValues(name: string): Float32Array<ArrayBuffer> {
  const data = constants.get(name);
  if (data === undefined) throw new RangeError(`constant ${name} is not defined`);
  return data;
}

function isRole(name: string): name is SourceRole {
  return Object.hasOwn(operations, name);
}

/** Role of a source tensor, or `undefined` for computed tensors. */
export function roleOf(tensor: Tensor): SourceRole | undefined {
  const { op } = tensor.node;
  if (op.kind !== "source") return undefined;
  return isRole(op.name) ? op.name : undefined;
}

/** Name of a source tensor. */
export function sourceName(tensor: Tensor): string {
  return String(tensor.node.attrs.name);
}
