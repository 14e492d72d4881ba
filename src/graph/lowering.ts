/**
 * Lowering contract: how a kernel operation describes its GPU work.
 *
 * A pass is the body of one compute shader. Operands are reached only through generated functions,
 * so that views and fused elementwise expressions cost the author nothing:
 *   - `in{k}(i0, …) -> f32|i32|u32` loads an element of input k (one index per axis of that input;
 *     a scalar takes none),
 *   - `out{k}(i0, …, value)` stores an element of output k,
 *   - `tmp{k}[linear]` is scratch memory number k.
 * In the body, `group` is the linear workgroup number, `lane` the invocation in the workgroup and
 * `thread` = group * workgroup size + lane (all u32). All extents are compile-time constants.
 */
import type { AdapterClass } from "../device/adapter_class.ts";
import type { DType } from "./types.ts";

/** An input that is plainly a strided view of one buffer. */
export interface Strided {
  /** Name of the WGSL storage array. */
  readonly buffer: string;
  /** Constant element offset. */
  readonly offset: number;
  /** Element stride of each axis. */
  readonly strides: readonly number[];
}

/** Scratch memory that lives during the passes of one node. */
export interface Scratch {
  readonly index: number;
  readonly size: number;
  readonly dtype: DType;
}

/** What lowering may ask for. */
export interface LowerContext {
  readonly adapterClass: AdapterClass;
  /** Preferred lanes per subgroup (software: vector width; gpu: 32 unless reported). */
  readonly subgroupSize: number;
  /** Whether subgroup operations (broadcast, shuffle, add) may be used. */
  readonly subgroups: boolean;
  /** Bytes of workgroup memory that one workgroup may use. */
  readonly workgroupMemory: number;
  /** Allocates scratch memory for this node, `size` elements. */
  scratch(size: number, dtype?: DType): Scratch;
  /** Strides of input `k` when nothing but a strided view lies between it and its buffer. */
  strided(input: number): Strided | undefined;
}

/** One dispatch. */
export interface Pass {
  /** Short name, unique within the operation. */
  readonly name: string;
  /** Inputs used by this pass. */
  readonly inputs: readonly number[];
  /** Outputs stored by this pass. */
  readonly outputs: readonly number[];
  /** Scratch read or written by this pass. */
  readonly scratch?: readonly { readonly scratch: Scratch; readonly access: "read" | "write" }[];
  /** Invocations per workgroup. */
  readonly workgroupSize: number;
  /** Number of workgroups. */
  readonly groups: number;
  /** Module-scope WGSL: constants, helper functions, workgroup variables. */
  readonly declarations?: string;
  /** Statements of the entry point. */
  readonly body: string;
  /** True when the body uses the step information buffer `step_info` (Philox). */
  readonly usesStepInfo?: boolean;
}
