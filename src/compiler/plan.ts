/**
 * The plan of a program: kernels in order, and which intermediates share memory. Needs no device and
 * allocates nothing, so that models of any size can be planned anywhere.
 */
import { type Scratch } from "../graph/lowering.ts";
import type { Tensor } from "../graph/contract.ts";
import { generate, type GeneratedKernel, type Target } from "./codegen.ts";
import { fuse } from "./fusion.ts";
import { type Lifetime, type MemoryPlan, planMemory } from "./memory.ts";

/** Facts about a program that are known before it runs and do not depend on the machine. */
export interface ProgramStatistics {
  /** Kernel launches per run. */
  readonly dispatches: number;
  /** Bytes of shared intermediate buffers. */
  readonly peakBytes: number;
  /** Bytes of all intermediates without sharing. */
  readonly totalBytes: number;
  /** Floating-point operations of the kernel operations and elementwise results. */
  readonly flops: number;
  /** Bytes moved by kernels if every operand moves once. */
  readonly bytesMoved: number;
}

/** Most storage buffers of one fused kernel; a constant, so that plans are the same everywhere. */
const fusionBindingLimit = 10;

/** An intermediate that needs memory while some of the kernels run. */
export interface PlannedValue extends Lifetime {
  readonly of:
    | { readonly kind: "tensor"; readonly tensor: Tensor }
    | { readonly kind: "scratch"; readonly scratch: Scratch };
  readonly label: string;
}

/** See the module comment. */
export interface ProgramPlan {
  readonly kernels: readonly GeneratedKernel[];
  readonly values: readonly PlannedValue[];
  readonly memory: MemoryPlan;
  readonly statistics: ProgramStatistics;
}

/**
 * Plans a program.
 *
 * @param roots Results that must be in memory after a run.
 * @param isPlaced Whether a tensor has memory of its own; called once for everything that is stored.
 * @throws {Error} when a source has no memory.
 */
export function planProgram(
  roots: readonly Tensor[],
  target: Target,
  isPlaced: (tensor: Tensor) => boolean,
): ProgramPlan {
  const plan = fuse(roots, fusionBindingLimit);
  const kernels: GeneratedKernel[] = [];
  type Growing = { -readonly [K in keyof PlannedValue]: PlannedValue[K] };
  const tensors = new Map<Tensor, Growing>();
  const scratches = new Map<Scratch, Growing>();
  let flops = 0;
  let bytesMoved = 0;
  for (const group of plan.groups) {
    const { kernels: generated } = generate(group, plan.stored, target);
    for (const kernel of generated) {
      const at = kernels.length;
      for (const { to } of kernel.bindings) {
        if (to.kind === "tensor") {
          const { tensor } = to;
          const known = tensors.get(tensor);
          if (known) known.last = at;
          else {
            const bytes = 4 * tensor.size;
            tensors.set(tensor, { of: to, label: tensor.node.label, bytes, first: at, last: at });
          }
        } else if (to.kind === "scratch") {
          const known = scratches.get(to.scratch);
          if (known) known.last = at;
          else {
            const label = `${kernel.label} scratch`;
            const bytes = 4 * to.scratch.size;
            scratches.set(to.scratch, { of: to, label, bytes, first: at, last: at });
          }
        }
      }
      kernels.push(kernel);
    }
    const nodes = [
      ...(group.anchor ? [group.anchor] : []),
      ...group.results.map((entry) => entry.tensor.node),
    ];
    for (const node of nodes) {
      const cost = node.op.cost(node.inputs, node.outputs, node.attrs);
      flops += cost.flops;
      bytesMoved += cost.bytes;
    }
  }
  const placed = new Set<Tensor>();
  for (const tensor of new Set([...tensors.keys(), ...roots])) {
    if (isPlaced(tensor)) placed.add(tensor);
    else if (tensor.node.op.kind === "source") {
      throw new Error(`${tensor.node.label} ${tensor.node.attrs.name}: no memory was given`);
    }
  }
  for (const root of roots) {
    const value = tensors.get(root);
    if (value) value.last = kernels.length;
  }
  const floating = [...tensors].filter(([tensor]) => !placed.has(tensor)).map(([, value]) => value);
  const values = [...floating, ...scratches.values()];
  const memory = planMemory(values);
  return {
    kernels,
    values,
    memory,
    statistics: {
      dispatches: kernels.length,
      peakBytes: memory.peakBytes,
      totalBytes: memory.totalBytes,
      flops,
      bytesMoved,
    },
  };
}
