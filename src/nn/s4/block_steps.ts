/** The S4 block as a recurrence, for decoding a few steps at a time. */
import { ShapeError, type Tensor } from "../../graph/contract.ts";
import { concat, reshape, slice } from "../../../kernels/view/mod.ts";
import { activate } from "../activations.ts";
import type { ModelContext } from "../context.ts";
import { normal } from "../initializers.ts";
import type { ComplexTensor } from "./complex.ts";
import { outputMap, type S4BlockOptions, withSkip } from "./layer.ts";
import { s4Parameters } from "./parameters.ts";
import { recurrentOutput } from "./recurrent_output.ts";
import { s4Readout, s4Transition } from "./step.ts";

/**
 * The next steps x [B, T, H] of a stream, from the carried state of the block, with the parameters of
 * `s4Block`; [B, T, H]. It remembers without limit, where the convolution forgets what is older than
 * its kernel. In evaluation only; one pass of the graph per step, so T should be small.
 *
 * @throws {ShapeError} for a block that looks ahead, or in training, or without a kernel length.
 */
export function s4BlockSteps(ctx: ModelContext, x: Tensor, options: S4BlockOptions): Tensor {
  const { mode, bidirectional, kernelLength, channels } = options;
  if (bidirectional) throw new ShapeError("s4", "a block that looks ahead has no steps");
  if (ctx.training) throw new ShapeError("s4", "steps have no training mode");
  if (kernelLength === null) throw new ShapeError("s4", "steps need a kernel length");
  const [batch, steps, features] = x.shape;
  const activated = ctx.scope("layer", () => {
    const parameters = ctx.scope(
      "kernel",
      () => s4Parameters(ctx, features, kernelLength, options),
    );
    const skip = ctx.parameter("D", [channels, features], normal(1));
    const transition = s4Transition(parameters, options);
    const output = mode === "dplr" ? recurrentOutput(parameters, transition) : parameters.c;
    const shape = [batch, features, parameters.a.re.shape[1]];
    let state: ComplexTensor = {
      re: ctx.carried("state_real", shape),
      im: ctx.carried("state_imag", shape),
    };
    const results = Array.from({ length: steps }, (_, t) => {
      state = transition(state, reshape(slice(x, 1, t, 1), [batch, features]));
      return reshape(s4Readout(output, state), [batch, 1, channels * features]);
    });
    ctx.carry("state_real", state.re);
    ctx.carry("state_imag", state.im);
    return activate(options.activation, withSkip(concat(results, 1), x, skip));
  });
  return outputMap(ctx, activated, features, options);
}
