/**
 * Translation models (Mega, section 4.4; `fairseq/models/mega.py`, `transformer.py`): an encoder of the
 * source, a causal decoder that attends to it, a softmax over the words, and the cross entropy with
 * label smoothing (`fairseq/criterions/label_smoothed_cross_entropy.py`).
 */
import { freshGraph } from "../graph/build.ts";
import type { Tensor } from "../graph/contract.ts";
import { mul } from "../../kernels/elementwise/mod.ts";
import { matmul } from "../../kernels/matmul/mod.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { input } from "../../kernels/source/mod.ts";
import { reshape } from "../../kernels/view/mod.ts";
import { ModelContext, type ModelParameters } from "../nn/context.ts";
import { embedding, nonPadding } from "../nn/embedding.ts";
import type { EncodedSource } from "../nn/encoded_source.ts";
import type { Initializer } from "../nn/initializers.ts";
import { smoothedProjectedLoss } from "../nn/projected_loss.ts";
import { megaTranslationDecoder } from "./mega_translation_decoder.ts";
import { megaTranslationEncoder } from "./mega_translation_encoder.ts";
import { transformerTranslationDecoder } from "./transformer_translation_decoder.ts";
import { transformerTranslationEncoder } from "./transformer_translation_encoder.ts";
import { positionLimits, type TranslationConfig } from "./translation_config.ts";
import type { DecodedTarget, SentenceInput } from "./translation_parts.ts";

/** A batch of sentence pairs on the device. */
export interface TranslationBatch {
  /** Sources, padded on either side, i32 [B, S]. */
  readonly source: Tensor;
  /** `</s>` and all words of the target but its last, padded at the end, i32 [B, T]. */
  readonly previous: Tensor;
  /** Targets, padded at the end, i32 [B, T]. */
  readonly target: Tensor;
}

/** How {@link buildTranslation} counts. */
export interface TranslationOptions {
  /** ε: share of the loss that all words have alike, 0 for none. */
  readonly labelSmoothing: number;
}

/** What {@link buildTranslation} gives. */
export interface TranslationOutput {
  /** (1 − ε) nll + ε/V Σ over words −log p, summed over the words of the targets; nats, scalar. */
  readonly lossSum: Tensor;
  /** −log p summed over the words of the targets, without smoothing; nats, scalar. */
  readonly nllSum: Tensor;
  /** The encoded source, [B, S, D]. */
  readonly encoded: Tensor;
  /** Builds the logits [B, T, V]. */
  readonly logits: () => Tensor;
  /** Builds the attention of the last layer to the source, [B, T, S]. */
  readonly attention: () => Tensor;
}

const encoderTable = "encoder.embed_tokens.weight";
const decoderTable = "decoder.embed_tokens.weight";

function initialTable({ padding, encoder }: TranslationConfig): Initializer {
  return { kind: "normal", deviation: encoder.width ** -0.5, zeroRow: padding };
}

/** Sentences with the embedding of the present scope. */
function sentences(
  ctx: ModelContext,
  tokens: Tensor,
  config: TranslationConfig,
): SentenceInput {
  const { vocabulary, padding, encoder: { width }, scaleEmbedding } = config;
  const embed = (ids: Tensor) => {
    const rows = ctx.scope(
      "embed_tokens",
      () =>
        embedding(ctx, ids, {
          entries: vocabulary,
          width,
          initializer: initialTable(config),
          trained: nonPadding(ids, padding),
        }),
    );
    return scaleEmbedding ? mul(rows, Math.sqrt(width)) : rows;
  };
  return { tokens, padding, embed };
}

/**
 * Encodes sources i32 [B, S]; parameters are `encoder.*`.
 *
 * @throws {ShapeError} when the length does not fit the model.
 */
export function encodeSource(
  config: TranslationConfig,
  ctx: ModelContext,
  source: Tensor,
): EncodedSource {
  const { encoder } = config;
  return ctx.scope("encoder", () => {
    const words = sentences(ctx, source, config);
    return encoder.kind === "mega"
      ? megaTranslationEncoder(ctx, words, encoder)
      : transformerTranslationEncoder(ctx, words, encoder);
  });
}

/** Words of a target for a decoder, with the tables that the model shares; in the scope `decoder`. */
export function targetWords(
  config: TranslationConfig,
  ctx: ModelContext,
  previous: Tensor,
): SentenceInput {
  if (config.sharedEmbeddings === "all") ctx.alias("embed_tokens.weight", encoderTable);
  return sentences(ctx, previous, config);
}

/** The table that features are compared with, [V, D]; in the scope `decoder`. */
export function outputTable(config: TranslationConfig, ctx: ModelContext): Tensor {
  const { sharedEmbeddings, vocabulary, decoder } = config;
  if (sharedEmbeddings !== "none") {
    const canonical = sharedEmbeddings === "all" ? encoderTable : decoderTable;
    ctx.alias("output_projection.weight", canonical);
  }
  const initializer: Initializer = { kind: "normal", deviation: decoder.width ** -0.5 };
  return ctx.parameter("output_projection.weight", [vocabulary, decoder.width], initializer);
}

/**
 * Decodes whole targets, i32 [B, T], as they are read; parameters are `decoder.*`.
 *
 * @throws {ShapeError} when the length does not fit the model.
 */
export function decodeTarget(
  config: TranslationConfig,
  ctx: ModelContext,
  previous: Tensor,
  source: EncodedSource,
): DecodedTarget & { readonly table: Tensor } {
  const { decoder } = config;
  const { longest } = positionLimits(config);
  return ctx.scope("decoder", () => {
    const words = targetWords(config, ctx, previous);
    const decoded = decoder.kind === "mega"
      ? megaTranslationDecoder(ctx, words, source, decoder, longest)
      : transformerTranslationDecoder(ctx, words, source, decoder);
    return { ...decoded, table: outputTable(config, ctx) };
  });
}

/**
 * Builds the graph of a translation model over a batch of static shape. Logits of large vocabularies
 * are not stored unless asked for.
 *
 * @throws {ShapeError} when a length does not fit the model.
 */
export function buildTranslation(
  config: TranslationConfig,
  ctx: ModelContext,
  batch: TranslationBatch,
  { labelSmoothing }: TranslationOptions,
): TranslationOutput {
  const source = encodeSource(config, ctx, batch.source);
  const { features, table, attention } = decodeTarget(config, ctx, batch.previous, source);
  const [rows, length, width] = features.shape;
  const flat = reshape(features, [rows * length, width]);
  const words = reshape(batch.target, [rows * length]);
  const weights = nonPadding(words, config.padding);
  const { loss, nll } = smoothedProjectedLoss(flat, table, words, labelSmoothing);
  return {
    lossSum: sum(mul(loss, weights)),
    nllSum: sum(mul(nll, weights)),
    encoded: source.encoded,
    logits: () =>
      reshape(matmul(flat, table, { transposeB: true }), [rows, length, config.vocabulary]),
    attention,
  };
}

/** Input tensors of a batch, by name: `source` [B, S], `previous` and `target` [B, T]. */
export function translationInputs(
  batch: number,
  source: number,
  target: number,
): TranslationBatch {
  return {
    source: input("source", [batch, source], "i32"),
    previous: input("previous", [batch, target], "i32"),
    target: input("target", [batch, target], "i32"),
  };
}

/** Parameters of a translation model. Needs no device and computes nothing. */
export function translationParameters(config: TranslationConfig): ModelParameters {
  const { source, target } = positionLimits(config);
  return freshGraph(() => {
    const ctx = new ModelContext({ training: true });
    // Shapes of parameters do not depend on the lengths.
    const inputs = translationInputs(1, Math.min(2, source), Math.min(2, target));
    buildTranslation(config, ctx, inputs, { labelSmoothing: 0 });
    return ctx.collected;
  });
}
