/**
 * The contract of an operation: symbolic tensors, graph nodes, and what every operation must bring
 * (shape inference, vector-Jacobian product, float64 reference, cost model, WGSL lowering).
 *
 * Tensors are immutable and row-major. Nodes are hash-consed while they are built, so equal
 * sub-expressions are one node (common subexpression elimination by construction).
 */
import type { LowerContext, Pass, Strided } from "./lowering.ts";
import type { Index, InlineContext } from "./inline.ts";

/** Element types that exist on the device. */
export type DType = "f32" | "i32" | "u32";

/** Row-major extents; `[]` is a scalar. */
export type Shape = readonly number[];

/** Shape and element type of a value. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** JSON-like attributes; they take part in hash-consing through their JSON text. */
export type AttrValue =
  | string
  | number
  | boolean
  | null
  | readonly AttrValue[]
  | { readonly [key: string]: AttrValue };
/** Static attributes of a node. */
export type Attrs = Readonly<Record<string, AttrValue>>;

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** One output of a node: the symbolic tensor that programs pass around. */
export class Tensor implements TensorType {
  /** Unique within a process; grows in creation order, which is a topological order. */
  readonly id: number;
  /** Number of elements. */
  readonly size: number;

  constructor(
    readonly node: Node,
    /** Which output of the node. */
    readonly index: number,
    readonly shape: Shape,
    readonly dtype: DType,
  ) {
    this.id = nextTensorId++;
    this.size = sizeOf(shape);
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }
}
let nextTensorId = 0;

/** An application of an operation to inputs. */
export interface Node {
  readonly id: number;
  readonly op: Operation;
  readonly inputs: readonly Tensor[];
  readonly attrs: Attrs;
  readonly outputs: readonly Tensor[];
  /** Scope path and operation name, carried by buffers, pipelines and error messages. */
  readonly label: string;
}

/** A dense value on the host, in float64, as the reference implementations see it. */
export interface RefArray {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** Work of one node. */
export interface Cost {
  /** Floating-point operations (a multiply-add counts two). */
  readonly flops: number;
  /** Bytes read and written if every operand moves once. */
  readonly bytes: number;
}

/** What every operation has, whatever its kind. */
export interface OperationBase {
  /** Unique name, e.g. `matmul`. */
  readonly name: string;
  /** Output types; throws `ShapeError` for operands that do not fit. */
  infer(inputs: readonly TensorType[], attrs: Attrs): TensorType[];
  /**
   * Vector-Jacobian product: gradients of the inputs from gradients of the outputs.
   * `undefined` in `grads` means zero; `undefined` in the result means "not differentiable" (integer
   * inputs) or zero.
   */
  vjp(node: Node, grads: readonly (Tensor | undefined)[]): (Tensor | undefined)[];
  /** Straight float64 evaluation that shares no code with the kernel. */
  reference(inputs: readonly RefArray[], attrs: Attrs): RefArray[];
  /** Work of one application. */
  cost(inputs: readonly TensorType[], outputs: readonly TensorType[], attrs: Attrs): Cost;
}

/**
 * An operation without storage of its own: an element of the output is an expression of elements of
 * the inputs. Elementwise maps, views and generated values. Fused into whoever consumes it.
 */
export interface InlineOperation extends OperationBase {
  /** `map`: same shape as all inputs. `view`: only moves indices. `generate`: no inputs. */
  readonly kind: "map" | "view" | "generate";
  /** WGSL expression for the element at `index` of output number `output`. */
  emit(node: Node, output: number, index: Index, ctx: InlineContext): string;
  /** For views: strides of output `output` when the input has these strides, if it is a plain view. */
  restride?(node: Node, output: number, input: Strided): Strided | undefined;
  /** Approximate instructions per element; drives recompute-or-store decisions. */
  readonly weight: number;
}

/** An operation with its own kernel. */
export interface KernelOperation extends OperationBase {
  readonly kind: "kernel";
  /** Inputs into whose loads elementwise producers may be fused (true = cheap to recompute there). */
  fusesInput(input: number, node: Node): boolean;
  /**
   * Outputs whose store accepts fused elementwise consumers: each element is stored exactly once by
   * `out{k}(i0, …, value)` when its value is final.
   */
  fusesOutput(output: number, node: Node): boolean;
  /** Kernels that compute the outputs, in order. */
  lower(node: Node, ctx: LowerContext): Pass[];
}

/** A value that lives outside the graph: batch input, parameter, state, constant. */
export interface SourceOperation extends OperationBase {
  readonly kind: "source";
}

/** Any operation. */
export type Operation = InlineOperation | KernelOperation | SourceOperation;

/** Operands whose shapes or types do not fit an operation. */
export class ShapeError extends Error {
  /** @param op Operation name. @param detail What does not fit. */
  constructor(op: string, detail: string) {
    super(`${op}: ${detail}`);
    this.name = "ShapeError";
  }
}
