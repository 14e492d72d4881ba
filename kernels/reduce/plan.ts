/** What all reduction kernels are generated from: extents, index arithmetic, and how values join. */
import type { DType, Node } from "../../src/graph/contract.ts";
import { numbersAttr } from "../view/attrs.ts";

/** One reduction: `results` values of `reduced` elements each. */
export interface ReductionPlan {
  readonly results: number;
  readonly reduced: number;
  /** True when neighbouring elements of memory belong to one result. */
  readonly rowwise: boolean;
  /** Statements that define `x`, element `r` of result `m`; they need those of `decode`. */
  readonly load: string;
  /** Statements that split `m` into indices. */
  readonly decode: string;
  /** Statement that stores the value of result `m`. */
  readonly store: (value: string) => string;
  readonly join: (a: string, b: string) => string;
  readonly zero: string;
  readonly dtype: DType;
}

function decodeAxes(name: string, shape: readonly number[], axes: readonly number[]): {
  readonly statements: string;
  readonly at: Map<number, string>;
} {
  const at = new Map<number, string>();
  let statements = "";
  let stride = axes.reduce((product, k) => product * shape[k], 1);
  let rest = name;
  axes.forEach((k, position) => {
    stride /= shape[k];
    if (position === axes.length - 1) {
      at.set(k, rest);
      return;
    }
    const variable = `${name}_${k}`;
    statements += `let ${variable} = ${rest} / ${stride}u;\n`;
    statements += `let ${variable}r = ${rest} - ${variable} * ${stride}u;\n`;
    at.set(k, variable);
    rest = `${variable}r`;
  });
  return { statements, at };
}

/** Reads the plan of a `reduce` node. */
export function reductionPlan(node: Node): ReductionPlan {
  const [source] = node.inputs;
  const [result] = node.outputs;
  const axes = numbersAttr(node.attrs, "axes");
  const kept = source.shape.map((_, k) => k).filter((k) =>
    !axes.includes(k) && source.shape[k] > 1
  );
  const inner = decodeAxes("r", source.shape, axes);
  const outer = decodeAxes("m", source.shape, kept);
  const at = (k: number) => inner.at.get(k) ?? outer.at.get(k) ?? "0u";
  const isMax = node.attrs.kind === "max";
  const { dtype } = result;
  const indices = result.shape.map((_, k) => outer.at.get(k) ?? "0u");
  return {
    results: result.size,
    reduced: axes.reduce((product, k) => product * source.shape[k], 1),
    rowwise: axes.includes(source.shape.length - 1),
    load: `${inner.statements}let x = in0(${source.shape.map((_, k) => at(k)).join(", ")});`,
    decode: outer.statements,
    store: (value) => `out0(${[...indices, value].join(", ")});`,
    join: (a, b) => (isMax ? `max(${a}, ${b})` : `${a} + ${b}`),
    zero: isMax ? (dtype === "f32" ? "-3.4028234e38f" : `${dtype}(-2147483647)`) : `${dtype}(0)`,
    dtype,
  };
}
