/**
 * Activation functions by the names of the reference (`get_activation_fn` in `fairseq/utils.py` of
 * facebookresearch/mega).
 */
import type { Tensor } from "../graph/contract.ts";
import {
  gelu,
  geluTanh,
  laplace,
  relu,
  relu2,
  sigmoid,
  silu,
  tanh,
} from "../../kernels/elementwise/mod.ts";

/** Names that configurations may use. */
export const activationNames = [
  "silu",
  "gelu",
  "gelu_accurate",
  "gelu_fast",
  "relu",
  "relu2",
  "laplace",
  "tanh",
  "sigmoid",
  "linear",
] as const;
/** Name of an activation function. */
export type ActivationName = typeof activationNames[number];

const functions: Readonly<Record<ActivationName, (x: Tensor) => Tensor>> = {
  silu,
  gelu,
  gelu_accurate: geluTanh,
  // A deprecated alias in the reference.
  gelu_fast: geluTanh,
  relu,
  relu2,
  laplace,
  tanh,
  sigmoid,
  linear: (x) => x,
};

/** Applies an activation function elementwise. */
export function activate(name: ActivationName, x: Tensor): Tensor {
  return functions[name](x);
}
