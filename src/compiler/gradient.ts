/** Reverse-mode differentiation as a graph transformation. */
import {
  type DerivativeOperations,
  type Node,
  ShapeError,
  type Tensor,
} from "../graph/contract.ts";
import { add } from "../../kernels/elementwise/mod.ts";
import { scope } from "../graph/build.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { full } from "../../kernels/source/generate.ts";

/** What gradients hand to every vector-Jacobian product. */
export const derivativeOperations: DerivativeOperations = { sum };

/** Nodes that `roots` depend on, in a topological order (creation order). */
export function reachable(roots: readonly Tensor[]): Node[] {
  const found = new Map<number, Node>();
  const stack = roots.map((tensor) => tensor.node);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (found.has(node.id)) continue;
    found.set(node.id, node);
    for (const input of node.inputs) stack.push(input.node);
  }
  return [...found.values()].sort((a, b) => a.id - b.id);
}

/**
 * Gradients of a scalar with respect to tensors it depends on.
 *
 * @param loss Scalar f32.
 * @param wrt Tensors to differentiate by.
 * @param seed Gradient of the loss itself (default 1).
 * @returns One gradient per tensor; a zero tensor where the loss does not depend on it.
 * @throws {ShapeError} when `loss` is not a scalar.
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[], seed?: Tensor): Tensor[] {
  if (loss.size !== 1 && seed === undefined) {
    throw new ShapeError("gradients", `the loss has shape [${loss.shape}], not one element`);
  }
  const nodes = reachable([loss]);
  const targets = new Set(wrt.map((tensor) => tensor.id));
  const relevant = new Set<number>();
  for (const node of nodes) {
    const needed = node.outputs.some((output) => targets.has(output.id)) ||
      node.inputs.some((input) => relevant.has(input.node.id));
    if (needed) relevant.add(node.id);
  }
  const accumulated = new Map<number, Tensor>();
  accumulated.set(loss.id, seed ?? full(loss.shape, 1));
  scope("backward", () => {
    for (const node of nodes.reverse()) {
      if (!relevant.has(node.id) || node.op.kind === "source") continue;
      const grads = node.outputs.map((output) => accumulated.get(output.id));
      if (grads.every((grad) => grad === undefined)) continue;
      const contributions = scope(node.label, () => node.op.vjp(node, grads, derivativeOperations));
      node.inputs.forEach((input, i) => {
        const contribution = contributions[i];
        if (contribution === undefined || !relevant.has(input.node.id)) return;
        if (contribution.shape.join() !== input.shape.join()) {
          throw new ShapeError(
            node.op.name,
            `gradient [${contribution.shape}] of operand ${i} with shape [${input.shape}]`,
          );
        }
        const before = accumulated.get(input.id);
        accumulated.set(input.id, before ? add(before, contribution) : contribution);
      });
    }
  });
  return wrt.map((tensor) => accumulated.get(tensor.id) ?? full(tensor.shape, 0));
}
