/** Building graphs: hash-consed node creation and label scopes. */
import { type Attrs, type Node, type Operation, Tensor } from "./contract.ts";

let interned = new Map<string, Node>();
let scopePath: string[] = [];
let nextNodeId = 0;

/**
 * Applies an operation. Nodes that are equal (operation, inputs, attributes) are the same object.
 *
 * @throws {ShapeError} when the operands do not fit.
 */
export function apply(op: Operation, inputs: readonly Tensor[], attrs: Attrs = {}): Node {
  const key = `${op.name}(${inputs.map((t) => t.id).join(",")})${JSON.stringify(attrs)}`;
  const known = interned.get(key);
  if (known !== undefined) return known;
  const types = op.infer(inputs, attrs);
  const outputs: Tensor[] = [];
  const label = [...scopePath, op.name].join("/");
  const node: Node = { id: nextNodeId++, op, inputs: [...inputs], attrs, outputs, label };
  types.forEach((type, i) => outputs.push(new Tensor(node, i, [...type.shape], type.dtype)));
  interned.set(key, node);
  return node;
}

/** Applies an operation with one output. */
export function apply1(op: Operation, inputs: readonly Tensor[], attrs: Attrs = {}): Tensor {
  return apply(op, inputs, attrs).outputs[0];
}

/** Runs `body` with `name` appended to the labels of all nodes that it creates. */
export function scope<T>(name: string, body: () => T): T {
  scopePath.push(name);
  try {
    return body();
  } finally {
    scopePath.pop();
  }
}

/** Runs `body` with an empty node table, so that separate programs do not share or retain nodes. */
export function freshGraph<T>(body: () => T): T {
  const saved = { interned, scopePath };
  interned = new Map();
  scopePath = [];
  try {
    return body();
  } finally {
    ({ interned, scopePath } = saved);
  }
}
