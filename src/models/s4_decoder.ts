/**
 * The causal S4 decoder of language models: stages of S4 blocks with gated linear units, followed by a
 * position-wise feed-forward block; every block is a residual one with its norm first (S4,
 * arXiv 2111.00396, appendix D.3; `state-spaces/s4`, experiment `lm/s4-wt103`).
 */
import { ShapeError, type Tensor } from "../graph/contract.ts";
import { add } from "../../kernels/elementwise/mod.ts";
import { activate } from "../nn/activations.ts";
import type { ModelContext } from "../nn/context.ts";
import { dropout } from "../nn/dropout.ts";
import { nonPadding } from "../nn/embedding.ts";
import { linearDefault } from "../nn/initializers.ts";
import { linear } from "../nn/linear.ts";
import { sequenceNorm } from "../nn/norm.ts";
import { s4BlockSteps } from "../nn/s4/block_steps.ts";
import { s4Block } from "../nn/s4/layer.ts";
import { s4BlockOptions } from "./s4_block_options.ts";
import type { DecoderInput, DecoderRun } from "./decoder_run.ts";
import type { S4DecoderConfig } from "./language_model_config.ts";

function feedForward(ctx: ModelContext, x: Tensor, config: S4DecoderConfig): Tensor {
  const width = x.shape[2];
  const plain = (fanIn: number) => ({ weight: linearDefault(fanIn), bias: linearDefault(fanIn) });
  const inner = linear(ctx, "fc1", x, config.feedForward, plain(width));
  const hidden = dropout(ctx, activate(config.activation, inner), config.dropout);
  return linear(ctx, "fc2", hidden, width, plain(config.feedForward));
}

/**
 * Features [B, L, D]. Every stage has `blocks` S4 blocks and one feed-forward block, `layers.k` in one
 * row. The state is carried when decoding; whole pieces start from zero.
 *
 * @throws {ShapeError} when whole pieces should carry state.
 */
export function s4Decoder(
  ctx: ModelContext,
  input: DecoderInput,
  config: S4DecoderConfig,
  run: DecoderRun,
): Tensor {
  const { tokens, padding } = input;
  if (run.carried && run.step === undefined) {
    throw new ShapeError("s4Decoder", "the convolution of whole pieces cannot carry state");
  }
  const valid = padding === null ? undefined : nonPadding(tokens, padding);
  const options = s4BlockOptions(config, { bidirectional: false, tieDropout: false });
  const mixed = (x: Tensor) =>
    run.step === undefined ? s4Block(ctx, x, options, valid).y : s4BlockSteps(ctx, x, options);
  let x = dropout(ctx, input.embed(tokens), config.dropout);
  const perStage = config.blocks + 1;
  for (let k = 0; k < config.layers * perStage; k++) {
    const before = x;
    x = ctx.scope(`layers.${k}`, () => {
      const inner = sequenceNorm(ctx, config.norm, before);
      const y = ctx.scope(
        "layer",
        () => k % perStage < config.blocks ? mixed(inner) : feedForward(ctx, inner, config),
      );
      return add(before, dropout(ctx, y, config.dropout));
    });
  }
  return sequenceNorm(ctx, config.norm, x);
}
