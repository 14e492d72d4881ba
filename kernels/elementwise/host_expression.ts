/** Float64 evaluation of row expressions on the host. */
import { erf } from "./erf.ts";

const functions = {
  abs: Math.abs,
  sign: Math.sign,
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  sqrt: Math.sqrt,
  max: Math.max,
  min: Math.min,
  select: (no: number, yes: number, condition: boolean) => (condition ? yes : no),
  sigmoid_f: (x: number) => 1 / (1 + Math.exp(-x)),
  tanh_f: Math.tanh,
  erf_f: erf,
};

/**
 * Compiles an expression of the elementwise table over the given names. The expressions are part of
 * the program text, never user input.
 */
export function hostExpression(
  letters: readonly string[],
  expression: string,
): (values: readonly number[]) => number {
  const compiled = new Function(...Object.keys(functions), ...letters, `return ${expression};`);
  return (values) => Number(compiled(...Object.values(functions), ...values));
}
