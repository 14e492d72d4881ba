/**
 * The contract of an operation: symbolic tensors, graph nodes, and what every operation must bring
 * (shape inference, vector-Jacobian product, float64 reference, cost model, WGSL lowering).
 *
 * Tensors are immutable and row-major. Nodes are hash-consed while they are built, so equal
 * sub-expressions are one node (common subexpression elimination by construction).
 */
import type { Index } from "./inline.ts";
import type { LowerContext, Pass, Strided } from "./lowering.ts";
import { type DType, type Shape, sizeOf, type TensorType } from "./types.ts";

export { type DType, type Shape, ShapeError, sizeOf, type TensorType } from "./types.ts";

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

/**
 * Operations that a derivative may build although they lie above the operation itself: the gradient
 * of a repetition is a sum, and that of a sum is a repetition, so one of them is handed in.
 */
export interface DerivativeOperations {
  /** Sum over `axes`; with `keepDims` they stay with extent 1. */
  sum(tensor: Tensor, axes: number[], keepDims: boolean): Tensor;
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
   * inputs) or zero. `operations` holds what lies above the operation.
   */
  vjp(
    node: Node,
    grads: readonly (Tensor | undefined)[],
    operations: DerivativeOperations,
  ): (Tensor | undefined)[];
  /** Straight float64 evaluation that shares no code with the kernel. */
  reference(inputs: readonly RefArray[], attrs: Attrs): RefArray[];
  /** Work of one application. */
  cost(inputs: readonly TensorType[], outputs: readonly TensorType[], attrs: Attrs): Cost;
}

/** What an inline operation may use while it emits its expression. */
export interface InlineContext {
  /** Name of a variable that holds the element of `tensor` at `index`, bound in `index.block`. */
  load(tensor: Tensor, index: Index): string;
  /** Declares a helper function, once per kernel. */
  require(name: string, source: string): void;
  /** Name of the step information buffer: array<u32> = seed low, seed high, step, 0. */
  stepInfo(): string;
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
