/**
 * The S4 sequence classifier of the Long Range Arena: encoder and head
 * (`src/models/sequence/backbones/model.py` and `src/tasks/decoders.py` of state-spaces/s4).
 */
import type { Tensor } from "../graph/contract.ts";
import { add, mul, sub } from "../../kernels/elementwise/mod.ts";
import { concat, expandDims } from "../../kernels/view/mod.ts";
import { activate } from "../nn/activations.ts";
import type { ModelContext } from "../nn/context.ts";
import { dropout, sequenceDropout } from "../nn/dropout.ts";
import { embedding, nonPadding, zeroPadding } from "../nn/embedding.ts";
import { linearDefault, normal } from "../nn/initializers.ts";
import { linear } from "../nn/linear.ts";
import { sequenceNorm } from "../nn/norm.ts";
import { s4Block } from "../nn/s4/layer.ts";
import { s4BlockOptions } from "./s4_block_options.ts";
import type { ClassifierConfig, S4EncoderConfig } from "./config.ts";

/** Tokens by a table with rows N(0, 1), values by a linear map of one number. */
function embed(
  ctx: ModelContext,
  sequence: Tensor,
  width: number,
  input: ClassifierConfig["input"],
): Tensor {
  return ctx.scope("embed_tokens", () => {
    if (input.kind === "tokens") {
      const table = { entries: input.vocabulary, width, initializer: normal(1) };
      return embedding(ctx, sequence, table);
    }
    const weight = ctx.parameter("weight", [width], linearDefault(1));
    const bias = ctx.parameter("bias", [width], linearDefault(1));
    return add(mul(expandDims(sequence, 2), weight), bias);
  });
}

/** x + drop(block(norm x)), or norm(x + drop(block x)). */
function residualBlock(
  ctx: ModelContext,
  x: Tensor,
  config: S4EncoderConfig,
  valid: Tensor | undefined,
): Tensor {
  const { normBefore, norm } = config;
  const inner = normBefore ? sequenceNorm(ctx, norm, x) : x;
  const { bidirectional, featureDropout: tieDropout } = config;
  const options = s4BlockOptions(config, { bidirectional, tieDropout });
  const { y } = ctx.scope("layer", () => s4Block(ctx, inner, options, valid));
  const drop = { rate: config.dropout, feature: config.featureDropout };
  const sum = add(x, sequenceDropout(ctx, y, drop));
  return normBefore ? sum : sequenceNorm(ctx, norm, sum);
}

/**
 * Encodes tokens (i32) or values (f32) [B, L] to [B, L, D]; padded positions are zero at the end and at
 * the input of every block, but count in batch statistics, as in the reference.
 */
export function s4Encoder(
  ctx: ModelContext,
  sequence: Tensor,
  config: S4EncoderConfig,
  input: ClassifierConfig["input"],
): Tensor {
  const valid = input.kind === "tokens" ? nonPadding(sequence, input.padding) : undefined;
  let x = embed(ctx, sequence, config.width, input);
  for (let layer = 0; layer < config.layers; layer++) {
    const before = x;
    x = ctx.scope(`layers.${layer}`, () => residualBlock(ctx, before, config, valid));
  }
  return zeroPadding(config.normBefore ? sequenceNorm(ctx, config.norm, x) : x, valid);
}

/**
 * Logits [B, classes] from the representations [B, D] of one document, or of two as
 * [e₁, e₂, e₁ − e₂, e₁ e₂].
 */
export function s4Head(
  ctx: ModelContext,
  config: ClassifierConfig,
  representations: readonly Tensor[],
): Tensor {
  const { layers, width, activation, dropout: rate } = config.head;
  const [first, second] = representations;
  let x = second === undefined
    ? first
    : concat([first, second, sub(first, second), mul(first, second)], 1);
  const plain = (fanIn: number) => ({
    weight: linearDefault(fanIn),
    bias: linearDefault(fanIn),
  });
  for (let layer = 0; layer < layers; layer++) {
    const affine = linear(ctx, `classifier.${layer}.0`, x, width, plain(x.shape[1]));
    x = activate(activation, dropout(ctx, affine, rate));
  }
  return linear(ctx, "sentence_projection_layer", x, config.classes, plain(x.shape[1]));
}
