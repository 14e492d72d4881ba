/**
 * The causal Mega decoder (Mega, sections 4.3 and 4.4; `fairseq/models/mega_lm.py` and, with attention to
 * a source, `mega.py`).
 */
import type { Tensor } from "../graph/contract.ts";
import { less } from "../../kernels/elementwise/mod.ts";
import { iota } from "../../kernels/source/generate.ts";
import { broadcastTo, pad, slice } from "../../kernels/view/mod.ts";
import { carriedEma } from "../nn/carried_ema.ts";
import type { ModelContext } from "../nn/context.ts";
import { dropout } from "../nn/dropout.ts";
import { nonPadding, zeroPadding } from "../nn/embedding.ts";
import type { CrossAttention } from "../nn/encoded_source.ts";
import type { SequenceMixer } from "../nn/gated_attention.ts";
import { sequenceNorm } from "../nn/norm.ts";
import { type DecoderInput, type DecoderRun, stepFrame } from "./decoder_run.ts";
import type { MegaDecoderConfig } from "./language_model_config.ts";
import { megaLayer, missingPositions, sequenceMixer } from "./mega_layer.ts";

/** Tokens padded to whole chunks, and where they are valid. */
function chunked(
  { tokens, padding }: DecoderInput,
  missing: number,
): { readonly tokens: Tensor; readonly valid: Tensor | undefined } {
  const [batch, length] = tokens.shape;
  const padded = pad(tokens, 1, 0, missing, padding ?? 0);
  if (padding !== null) return { tokens: padded, valid: nonPadding(padded, padding) };
  if (missing === 0) return { tokens: padded, valid: undefined };
  const total = length + missing;
  return { tokens: padded, valid: broadcastTo(less(iota([1, total], 1), length), [batch, total]) };
}

/**
 * Features [B, L, D], zero at padding. Sequences that are longer than a chunk and no multiple of it
 * are padded inside. When state is carried, only the last piece of a stream may be such a sequence:
 * the moving average decays through the padding, as in the reference.
 *
 * @param cross Attention of every layer to a source.
 */
export function megaDecoder(
  ctx: ModelContext,
  input: DecoderInput,
  config: MegaDecoderConfig,
  run: DecoderRun,
  cross?: CrossAttention,
): Tensor {
  const length = input.tokens.shape[1];
  const cache = stepFrame(ctx, run, input);
  const whole = !ctx.training && cache === undefined;
  const chunk = whole ? config.evaluationChunk ?? config.chunk : config.chunk;
  const missing = cache === undefined ? missingPositions(length, chunk) : 0;
  const { tokens, valid } = chunked(input, missing);
  let x = input.embed(tokens);
  if (config.normalizeEmbedding) {
    const embedded = x;
    x = ctx.scope("embed_norm", () => sequenceNorm(ctx, config.norm, embedded));
  }
  x = zeroPadding(dropout(ctx, x, config.dropout), valid);
  const continued: SequenceMixer = (inner, y, mask) =>
    carriedEma(inner, y, config.mixer.dimensions, mask, run.step?.beams?.history);
  const mixer = run.carried || cache !== undefined ? continued : sequenceMixer(config.mixer, false);
  const how = {
    mixer,
    causal: true,
    ...(cache === undefined ? {} : { cache }),
    ...(cross === undefined ? {} : { cross }),
  };
  for (let layer = 0; layer < config.layers; layer++) {
    const before = x;
    x = ctx.scope(
      `layers.${layer}`,
      () => megaLayer(ctx, before, { ...config, chunk }, how, valid),
    );
  }
  if (config.normBefore) {
    const last = x;
    const { norm, affineFinalNorm } = config;
    x = ctx.scope("final_norm", () => sequenceNorm(ctx, norm, last, affineFinalNorm));
  }
  return slice(zeroPadding(x, valid), 1, 0, length);
}
