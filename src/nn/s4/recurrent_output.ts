/**
 * Output weights of the recurrence from those that are attuned to a kernel length L, on the device:
 * C = C̃ (I − Ā^L)⁻¹ = C̃ Π_k (I + Ā^(L 2^k)).
 */
import type { Tensor } from "../../graph/contract.ts";
import { add, equal, neg } from "../../../kernels/elementwise/mod.ts";
import { matmul } from "../../../kernels/matmul/mod.ts";
import { full, iota } from "../../../kernels/source/generate.ts";
import { concat, slice, transpose } from "../../../kernels/view/mod.ts";
import type { ComplexTensor } from "./complex.ts";
import type { S4Parameters } from "./parameters.ts";
import type { S4Transition } from "./step.ts";

/** Powers of Ā beyond this many steps are taken as zero. */
const memory = 2 ** 20;

/** Āᵀ of every feature as a real matrix [H, 2M, 2M] over real and imaginary parts. */
function transposedTransition(transition: S4Transition, features: number, pairs: number): Tensor {
  const shape = [2 * pairs, features, pairs];
  const row = iota(shape, 0);
  const column = iota(shape, 2);
  const basis: ComplexTensor = { re: equal(row, column), im: equal(row, add(column, pairs)) };
  const moved = transition(basis, full([2 * pairs, features], 0));
  return transpose(concat([moved.re, moved.im], 2), [1, 0, 2]);
}

/** matrix^exponent for an exponent of at least 1. */
function matrixPower(matrix: Tensor, exponent: number): Tensor {
  let square = matrix;
  let result: Tensor | undefined;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === undefined ? square : matmul(result, square);
    if (rest > 1) square = matmul(square, square);
  }
  return result ?? matrix;
}

/** C [C', H, M] of the recurrence of a low-rank system. */
export function recurrentOutput(
  { c, attunedLength }: S4Parameters,
  transition: S4Transition,
): ComplexTensor {
  const [, features, pairs] = c.re.shape;
  let power = matrixPower(transposedTransition(transition, features, pairs), attunedLength);
  // The functional s ↦ 2 Re Σ C s of real and imaginary parts, as columns [H, 2M, C'].
  let columns = transpose(concat([c.re, neg(c.im)], 2), [1, 2, 0]);
  for (let steps = attunedLength; steps < memory; steps *= 2) {
    columns = add(columns, matmul(power, columns));
    if (2 * steps < memory) power = matmul(power, power);
  }
  const rows = transpose(columns, [2, 0, 1]);
  return { re: slice(rows, 2, 0, pairs), im: neg(slice(rows, 2, pairs, pairs)) };
}
