/**
 * The trainable tensors of a state-space kernel in the present scope (`register_params` in
 * `src/models/sequence/kernels/ssm.py` of state-spaces/s4).
 */
import { ShapeError, type Tensor } from "../../graph/contract.ts";
import { mul, neg } from "../../../kernels/elementwise/mod.ts";
import { broadcastTo, reshape } from "../../../kernels/view/mod.ts";
import type { ModelContext } from "../context.ts";
import { type ComplexTensor, fromPairs, viewed } from "./complex.ts";
import {
  attunedInitializer,
  outputInitializer,
  stepInitializer,
  systemInitializers,
} from "./initial_values.ts";
import { outputRows, type S4KernelOptions } from "./options.ts";
import { positive } from "./transforms.ts";

/** Values of the parameters, per feature. M = N/2 pairs, H features, C' rows of outputs. */
export interface S4Parameters {
  /** Δ [H, 1] or [H, M] */
  readonly dt: Tensor;
  /** A [H, M] */
  readonly a: ComplexTensor;
  /** B [H, M] */
  readonly b: ComplexTensor;
  /** C [C', H, M]; in the low-rank mode C̃, attuned to `attunedLength`. */
  readonly c: ComplexTensor;
  /** P [H, M] of the low-rank mode. */
  readonly p?: ComplexTensor;
  /** Taps of the generating function in the low-rank mode. */
  readonly attunedLength: number;
}

/** [S, M] to [H, M], feature h taking row h mod S. */
function tile(tensor: Tensor, features: number): Tensor {
  const [copies, pairs] = tensor.shape;
  if (copies === features) return tensor;
  const lifted = reshape(tensor, [1, copies, pairs]);
  return reshape(broadcastTo(lifted, [features / copies, copies, pairs]), [features, pairs]);
}

/**
 * The parameters of `features` systems; a sequence of `length` steps sets what the options leave open.
 *
 * @throws {ShapeError} when the copies do not divide the features or the states are odd.
 */
export function s4Parameters(
  ctx: ModelContext,
  features: number,
  length: number,
  options: S4KernelOptions,
): S4Parameters {
  const { states, mode } = options;
  const copies = options.copies ?? features;
  if (features % copies !== 0) {
    throw new ShapeError("s4", `${copies} copies do not divide ${features} features`);
  }
  if (states % 2 !== 0) throw new ShapeError("s4", `${states} states are not pairs`);
  if (mode === "dplr" && !options.tiedDt) {
    throw new ShapeError("s4", "the low-rank mode needs one step per feature");
  }
  const pairs = states / 2;
  const initial = systemInitializers(options, copies);
  const steps = options.tiedDt ? 1 : pairs;
  const dt = positive(
    options.dtTransform,
    ctx.parameter("inv_dt", [features, steps], stepInitializer(options, features * steps)),
  );
  const matrix = [copies, pairs];
  const a = {
    re: neg(positive(options.realTransform, ctx.parameter("A_real", matrix, initial.real))),
    im: neg(positive(options.imagTransform, ctx.parameter("A_imag", matrix, initial.imag))),
  };
  const vector = (name: "B" | "P") => {
    const initializer = name === "B" ? initial.b : initial.p;
    const pair = fromPairs(ctx.parameter(name, [1, copies, pairs, 2], initializer));
    return viewed(pair, (part) => tile(reshape(part, matrix), features));
  };
  const attunedLength = options.kernelLength ?? length;
  const c = fromPairs(ctx.parameter(
    "C",
    [outputRows(options), features, pairs, 2],
    mode === "dplr" ? attunedInitializer(options, features, attunedLength) : outputInitializer,
  ));
  const common = {
    dt,
    a: viewed(a, (part) => tile(part, features)),
    b: vector("B"),
    c,
    attunedLength,
  };
  if (mode === "diag") return common;
  // Saved with the weights, which mean nothing without it.
  ctx.state("l_kernel", [], attunedLength);
  return { ...common, p: vector("P") };
}

/** Δ A [H, M] */
export function stepTimesPoles({ dt, a }: S4Parameters): ComplexTensor {
  return viewed(a, (part) => mul(part, dt));
}
