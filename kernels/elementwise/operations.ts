/** Turns rows of the elementwise table into operations, with derivatives as operations too. */
import {
  type DType,
  type InlineOperation,
  type Node,
  type RefArray,
  ShapeError,
  type Tensor,
  type TensorType,
} from "../../src/graph/contract.ts";
import { apply1 } from "../../src/graph/build.ts";
import { requireSameType, requireTypes } from "../../src/graph/types.ts";
import { hostExpression } from "./host_expression.ts";
import { type ElementwiseName, type ElementwiseRow, elementwiseTable, helpers } from "./table.ts";

const operands = ["a", "b", "c"] as const;

/** Replaces the one-letter names of a row expression. */
function substitute(expression: string, names: Readonly<Record<string, string>>): string {
  return expression.replaceAll(/\b[abcgo]\b/g, (name) => names[name] ?? name);
}

function mapOperation(
  name: string,
  letters: readonly string[],
  expression: string,
  row: Pick<ElementwiseRow, "types" | "mask" | "helpers">,
  weight: number,
  result: DType | undefined,
  vjp: InlineOperation["vjp"],
  reference: (values: readonly number[]) => number,
): InlineOperation {
  return {
    name,
    kind: "map",
    weight,
    infer(inputs: readonly TensorType[]): TensorType[] {
      if (inputs.length !== letters.length) {
        throw new ShapeError(name, `takes ${letters.length} operands, got ${inputs.length}`);
      }
      for (const input of inputs) {
        if (input.shape.join() !== inputs[0].shape.join()) {
          throw new ShapeError(
            name,
            `operands have shapes ${inputs.map((t) => `[${t.shape}]`).join(" and ")}`,
          );
        }
      }
      if (row.mask) requireTypes(name, inputs, ["f32", "any"]);
      const typed = row.mask ? inputs.slice(1) : inputs;
      requireSameType(name, typed);
      const [{ dtype }] = typed;
      if (!row.types.includes(dtype)) {
        throw new ShapeError(name, `operands must be ${row.types.join(" or ")}, not ${dtype}`);
      }
      return [{ shape: inputs[0].shape, dtype: result ?? dtype }];
    },
    emit(node, _output, index, ctx) {
      const names: Record<string, string> = {};
      letters.forEach((letter, i) => names[letter] = ctx.load(node.inputs[i], index));
      for (const helper of row.helpers ?? []) ctx.require(helper, helpers[helper]);
      return substitute(expression, names);
    },
    vjp,
    reference(inputs: readonly RefArray[]): RefArray[] {
      const data = inputs[0].data.map((_, i) => reference(inputs.map((input) => input.data[i])));
      return [{ shape: inputs[0].shape, data }];
    },
    cost(inputs, outputs) {
      const size = outputs[0].shape.reduce((a, b) => a * b, 1);
      return { flops: size * weight, bytes: 4 * size * (inputs.length + 1) };
    },
  };
}

function derivativeOperation(name: string, row: ElementwiseRow, which: number): {
  readonly op: InlineOperation;
  readonly letters: readonly string[];
} {
  const expression = row.derivative[which];
  const letters = [...operands.slice(0, row.arity), "o", "g"]
    .filter((letter) => new RegExp(`\\b${letter}\\b`).test(expression));
  const op = mapOperation(
    `${name}.gradient${which}`,
    letters,
    expression,
    { types: ["f32"], ...(row.helpers && { helpers: row.helpers }) },
    row.weight + 2,
    undefined,
    () => {
      throw new Error(`${name}: second derivatives are not supported`);
    },
    hostExpression(letters, expression),
  );
  return { op, letters };
}

function elementwiseOperation(name: ElementwiseName): InlineOperation {
  const row = elementwiseTable[name];
  const derivatives = row.derivative.map((expression, i) =>
    expression === "" || expression === "g" ? undefined : derivativeOperation(name, row, i)
  );
  const letters = operands.slice(0, row.arity);
  return mapOperation(
    name,
    letters,
    row.forward,
    row,
    row.weight,
    row.result,
    (node: Node, [g]) => {
      if (g === undefined) return node.inputs.map(() => undefined);
      return node.inputs.map((_, i): Tensor | undefined => {
        const expression = row.derivative[i];
        if (expression === undefined || expression === "") return undefined;
        if (expression === "g") return g;
        const derivative = derivatives[i];
        if (derivative === undefined) return undefined;
        const values: Record<string, Tensor> = { o: node.outputs[0], g };
        node.inputs.forEach((input, k) => values[operands[k]] = input);
        return apply1(derivative.op, derivative.letters.map((letter) => values[letter]));
      });
    },
    (values) => row.reference(values[0], values[1], values[2]),
  );
}

const names = Object.keys(elementwiseTable).filter((name): name is ElementwiseName =>
  name in elementwiseTable
);

/** All elementwise operations by name. */
export const elementwise: ReadonlyMap<ElementwiseName, InlineOperation> = new Map(
  names.map((name) => [name, elementwiseOperation(name)]),
);
