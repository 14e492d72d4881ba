/**
 * Fusion: decides which tensors are stored in memory, and gathers stored elementwise results into
 * groups that one kernel computes (the kernel of the operation that feeds them where that is
 * possible, else a kernel of their own). Everything that is not stored is recomputed where it is used.
 */
import type { KernelOperation, Node, Tensor } from "../graph/contract.ts";
import { reachable } from "./gradient.ts";

/** A kernel operation node, or a set of elementwise results over one iteration space. */
export interface Group {
  /** The kernel operation, if the group has one. */
  readonly anchor: (Node & { readonly op: KernelOperation }) | undefined;
  /** Elementwise results computed by this group, in topological order, by the output they follow. */
  readonly results: { readonly tensor: Tensor; readonly lane: number }[];
}

/** Outcome of {@link fuse}. */
export interface FusionPlan {
  readonly groups: readonly Group[];
  /** Tensors that occupy memory (sources included). */
  readonly stored: ReadonlySet<Tensor>;
  /** Stored tensors that each group reads from memory. */
  readonly reads: ReadonlyMap<Group, ReadonlySet<Tensor>>;
}

/** Largest weight of an expression that may be computed again for several consumers. */
const cheapWeight = 4;
/** Most stored operands of an expression that is computed again for several consumers. */
const cheapLeaves = 2;

/** True for a node whose operation has its own kernel. */
export function isKernel(node: Node): node is Node & { readonly op: KernelOperation } {
  return node.op.kind === "kernel";
}

interface Use {
  readonly node: Node;
  readonly input: number;
  /** Elements that the consumer computes, against elements of the tensor: recomputation factor. */
  readonly blowUp: number;
}

/** Consumers of each tensor, looking through views. */
function effectiveUses(nodes: readonly Node[]): Map<number, Use[]> {
  const uses = new Map<number, Use[]>();
  const push = (tensor: Tensor, use: Use) => {
    const list = uses.get(tensor.id);
    if (list) list.push(use);
    else uses.set(tensor.id, [use]);
  };
  for (const node of nodes.toReversed()) {
    node.inputs.forEach((tensor, input) => {
      if (node.op.kind !== "view") {
        push(tensor, { node, input, blowUp: 1 });
        return;
      }
      for (const output of node.outputs) {
        const factor = Math.max(1, output.size / Math.max(1, tensor.size));
        for (const use of uses.get(output.id) ?? []) {
          push(tensor, { ...use, blowUp: use.blowUp * factor });
        }
      }
    });
  }
  return uses;
}

/** Stored tensors that an inline tensor is computed from, and the instructions that takes. */
class Expressions {
  readonly #memo = new Map<
    number,
    { readonly leaves: ReadonlySet<Tensor>; readonly weight: number }
  >();

  constructor(private readonly stored: ReadonlySet<Tensor>) {}

  of(tensor: Tensor): { readonly leaves: ReadonlySet<Tensor>; readonly weight: number } {
    if (this.stored.has(tensor)) return { leaves: new Set([tensor]), weight: 0 };
    const known = this.#memo.get(tensor.id);
    if (known) return known;
    const result = this.inputs(tensor.node);
    this.#memo.set(tensor.id, result);
    return result;
  }

  inputs(node: Node): { readonly leaves: ReadonlySet<Tensor>; readonly weight: number } {
    const leaves = new Set<Tensor>();
    let weight = node.op.kind === "kernel" || node.op.kind === "source" ? 0 : node.op.weight;
    for (const input of node.inputs) {
      const inner = this.of(input);
      for (const leaf of inner.leaves) leaves.add(leaf);
      weight += inner.weight;
    }
    return { leaves, weight };
  }
}

function mustStore(tensor: Tensor, uses: readonly Use[], expressions: Expressions): boolean {
  const { leaves, weight } = expressions.inputs(tensor.node);
  if (leaves.size === 0) return false;
  if (leaves.size > 6) return true;
  const blowUp = Math.max(...uses.map((use) => use.blowUp), 1);
  for (const { node, input } of uses) {
    if (isKernel(node) && !node.op.fusesInput(input, node)) return true;
  }
  if (blowUp > 1 && weight > 2) return true;
  const consumers = new Set(uses.map((use) => use.node.id));
  return consumers.size > 1 && (weight > cheapWeight || leaves.size > cheapLeaves);
}

/** True when every path from `tensor` to a member of `group` keeps the linear position. */
function readsInPlace(
  tensor: Tensor,
  members: ReadonlySet<Tensor>,
  stored: ReadonlySet<Tensor>,
): boolean {
  const visit = (at: Tensor, aligned: boolean): boolean => {
    if (members.has(at)) return aligned;
    if (stored.has(at)) return true;
    const { node } = at;
    const keeps = node.op.kind === "map" || (node.op.kind === "view" && node.op.name === "reshape");
    return node.inputs.every((input) => visit(input, aligned && keeps));
  };
  return tensor.node.inputs.every((input) =>
    visit(input, tensor.node.op.kind === "map" || tensor.node.op.name === "reshape")
  );
}

/**
 * Plans fusion for the given results.
 *
 * @param roots Tensors that must end up in memory.
 * @param bindingLimit Most storage buffers that one kernel may bind.
 */
export function fuse(roots: readonly Tensor[], bindingLimit: number): FusionPlan {
  const nodes = reachable(roots);
  const uses = effectiveUses(nodes);
  const rootSet = new Set(roots);
  const stored = new Set<Tensor>();
  const expressions = new Expressions(stored);
  const groups: Group[] = [];
  const groupOf = new Map<Tensor, { readonly group: Group; readonly lane: number }>();
  const order = new Map<Group, number>();
  const reads = new Map<Group, Set<Tensor>>();

  const open = (anchor: Group["anchor"]): Group => {
    const group: Group = { anchor, results: [] };
    order.set(group, groups.length);
    groups.push(group);
    reads.set(group, new Set());
    return group;
  };
  const members = (group: Group, lane: number): Set<Tensor> => {
    const result = new Set<Tensor>();
    if (group.anchor) result.add(group.anchor.outputs[lane]);
    for (const entry of group.results) if (entry.lane === lane) result.add(entry.tensor);
    return result;
  };
  const produced = (group: Group) => (group.anchor?.outputs.length ?? 0) + group.results.length;

  const place = (tensor: Tensor): void => {
    const { leaves } = expressions.inputs(tensor.node);
    stored.add(tensor);
    let last: { readonly group: Group; readonly lane: number } | undefined;
    for (const leaf of leaves) {
      const home = groupOf.get(leaf);
      if (home && (!last || (order.get(home.group) ?? 0) > (order.get(last.group) ?? 0))) {
        last = home;
      }
    }
    const joins = (): boolean => {
      if (!last) return false;
      const { group, lane } = last;
      const first = group.anchor ? group.anchor.outputs[lane] : group.results[0].tensor;
      if (first.size !== tensor.size) return false;
      if (group.anchor && !group.anchor.op.fusesOutput(lane, group.anchor)) return false;
      const inside = members(group, lane);
      for (const leaf of leaves) {
        const home = groupOf.get(leaf);
        if (home?.group === group && !inside.has(leaf)) return false;
      }
      if (!readsInPlace(tensor, inside, stored)) return false;
      const outside = new Set([...(reads.get(group) ?? [])]);
      for (const leaf of leaves) if (!inside.has(leaf)) outside.add(leaf);
      return outside.size + produced(group) + 2 <= bindingLimit;
    };
    const target = last && joins() ? last : { group: open(undefined), lane: 0 };
    target.group.results.push({ tensor, lane: target.lane });
    groupOf.set(tensor, target);
    const inside = members(target.group, target.lane);
    for (const leaf of leaves) {
      if (!inside.has(leaf)) reads.get(target.group)?.add(leaf);
    }
  };

  for (const node of nodes) {
    if (node.op.kind === "source") {
      stored.add(node.outputs[0]);
    } else if (isKernel(node)) {
      const group = open(node);
      for (const input of node.inputs) {
        for (const leaf of expressions.of(input).leaves) reads.get(group)?.add(leaf);
      }
      node.outputs.forEach((output, lane) => {
        stored.add(output);
        groupOf.set(output, { group, lane });
      });
    } else {
      for (const output of node.outputs) {
        const isRoot = rootSet.has(output);
        const wanted = node.op.kind === "map" &&
          mustStore(output, uses.get(output.id) ?? [], expressions);
        if (isRoot || wanted) place(output);
      }
    }
  }
  const needed = new Set<Tensor>(rootSet);
  for (const set of reads.values()) for (const leaf of set) needed.add(leaf);
  for (const tensor of stored) {
    if (!needed.has(tensor) && tensor.node.op.kind !== "source") stored.delete(tensor);
  }
  return { groups, stored, reads };
}
