/**
 * Positive parameters: the maps from stored numbers, on the device and on the host
 * (`src/models/sequence/kernels/ssm.py` of state-spaces/s4).
 */
import type { Tensor } from "../../graph/contract.ts";
import {
  abs,
  add,
  div,
  exp,
  mul,
  neg,
  relu,
  sigmoid,
  square,
} from "../../../kernels/elementwise/mod.ts";
import type { S4Transform } from "./options.ts";

/** Smallest value of a positive parameter when it is stored, and offset of `relu`. */
const smallest = 1e-4;
/** Terms of 2 artanh(s) = 2 (s + s³/3 + …) for s ≤ 1/3; the rest is below 1e-8. */
const artanhTerms = 7;

/** log(1 + eˣ) = max(x, 0) + log1p(e^−|x|), with a log1p that keeps small values. */
function softplus(x: Tensor): Tensor {
  const t = exp(neg(abs(x)));
  const s = div(t, add(t, 2));
  const z = square(s);
  let series: Tensor | number = 2 / (2 * artanhTerms - 1);
  for (let k = artanhTerms - 2; k >= 0; k--) series = add(mul(series, z), 2 / (2 * k + 1));
  return add(relu(x), mul(s, series));
}

/** The positive parameter from what is stored. */
export function positive(transform: S4Transform, stored: Tensor): Tensor {
  switch (transform) {
    case "exp":
      return exp(stored);
    case "softplus":
      return softplus(stored);
    case "relu":
      return add(relu(stored), smallest);
    case "sigmoid":
      return sigmoid(stored);
    case "none":
      return stored;
  }
}

/** {@link positive} in float64. */
export function positiveValue(transform: S4Transform, stored: number): number {
  switch (transform) {
    case "exp":
      return Math.exp(stored);
    case "softplus":
      return Math.max(stored, 0) + Math.log1p(Math.exp(-Math.abs(stored)));
    case "relu":
      return Math.max(stored, 0) + smallest;
    case "sigmoid":
      return 1 / (1 + Math.exp(-stored));
    case "none":
      return stored;
  }
}

/** What to store for a positive parameter; values below 1e-4 are raised to it first. */
export function storedValue(transform: S4Transform, value: number): number {
  const raised = Math.max(value, smallest);
  switch (transform) {
    case "exp":
      return Math.log(raised);
    case "softplus":
      return Math.log(Math.expm1(raised));
    case "sigmoid":
      return Math.log(raised / (1 - raised));
    case "relu":
    case "none":
      return raised;
  }
}
