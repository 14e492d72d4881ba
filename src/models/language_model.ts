/**
 * Language models (Mega, sections 4.3 and 4.4; `fairseq/models/mega_lm.py`, `transformer_lm.py`):
 * embedding, causal decoder, softmax over the words, summed cross entropy.
 */
import { freshGraph } from "../graph/build.ts";
import type { Tensor } from "../graph/contract.ts";
import { mul } from "../../kernels/elementwise/mod.ts";
import { matmul } from "../../kernels/matmul/mod.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { input } from "../../kernels/source/mod.ts";
import { reshape } from "../../kernels/view/mod.ts";
import { adaptiveInput } from "../nn/adaptive_input.ts";
import { adaptiveSoftmax } from "../nn/adaptive_softmax.ts";
import { ModelContext, type ModelParameters } from "../nn/context.ts";
import { embedding, nonPadding } from "../nn/embedding.ts";
import { normal, xavierUniform } from "../nn/initializers.ts";
import { linear } from "../nn/linear.ts";
import { projectedLoss } from "../nn/projected_loss.ts";
import type { DecoderRun } from "./decoder_run.ts";
import { decoderOutputWidth, type LanguageModelConfig } from "./language_model_config.ts";
import { megaDecoder } from "./mega_decoder.ts";
import { s4Decoder } from "./s4_decoder.ts";
import { transformerDecoder } from "./transformer_decoder.ts";

/** A batch on the device. */
export interface LanguageModelBatch {
  /** What is read, i32 [B, L]. */
  readonly tokens: Tensor;
  /** The word after every token, i32 [B, L]. */
  readonly targets: Tensor;
  /** [B, L], 1 for targets that count, 0 for padding and for context. */
  readonly weights: Tensor;
}

/** How {@link buildLanguageModel} reads its batch and counts. */
export interface LanguageModelOptions extends DecoderRun {
  /**
   * Leaves out what the training criterion of adaptive softmax leaves out: the share of each tail for
   * the word whose place there is the number of the padding (`fairseq/criterions/adaptive_loss.py`).
   * Default: in training only; scores are exact.
   */
  readonly ignoreTailPadding?: boolean;
}

/** Words scored from features. */
interface Vocabulary {
  /** −log p [R] of words i32 [R] given features [R, D]. */
  readonly losses: (words: Tensor, ignoreTailPadding: boolean) => Tensor;
  /** Logits [R, V]; for an adaptive softmax log-probabilities. */
  readonly logits: () => Tensor;
}

/** What {@link decode} gives. */
export interface Decoded {
  /** [B, L, D] */
  readonly features: Tensor;
  /** Builds the logits [B, L, V]; with an adaptive softmax the log-probabilities. */
  readonly logits: () => Tensor;
}

/** What {@link buildLanguageModel} gives. */
export interface LanguageModelOutput extends Decoded {
  /** −log p of the targets times their weights, natural logarithm, [B, L]. */
  readonly tokenLosses: Tensor;
  /** Sum of the losses of all tokens; scalar. */
  readonly lossSum: Tensor;
}

function embed(ctx: ModelContext, tokens: Tensor, config: LanguageModelConfig): Tensor {
  const { vocabulary, padding, decoder, embedding: table } = config;
  const { width } = decoder;
  const rows = ctx.scope(
    "embed_tokens",
    () =>
      table.kind === "adaptive"
        ? adaptiveInput(ctx, tokens, {
          vocabulary,
          initialWidth: table.width,
          factor: table.factor,
          cutoffs: table.cutoffs,
          width,
          padding,
        })
        : embedding(ctx, tokens, {
          entries: vocabulary,
          width: table.width,
          initializer: {
            kind: "normal",
            deviation: table.width ** -0.5,
            ...(padding === null ? {} : { zeroRow: padding }),
          },
          ...(padding === null ? {} : { trained: nonPadding(tokens, padding) }),
        }),
  );
  const scaled = config.scaleEmbedding ? mul(rows, Math.sqrt(width)) : rows;
  if (table.kind === "adaptive" || table.width === width) return scaled;
  const weight = xavierUniform(table.width, width);
  return linear(ctx, "project_in_dim", scaled, width, { weight, bias: null });
}

function scoreWords(
  ctx: ModelContext,
  features: Tensor,
  config: LanguageModelConfig,
): Vocabulary {
  const { vocabulary, output, embedding: table, padding } = config;
  const width = features.shape[1];
  if (output.kind === "adaptive") {
    const { tieWeights, tieProjections: projections } = output;
    const source = ctx.qualify("embed_tokens");
    const softmax = ctx.scope("adaptive_softmax", () =>
      adaptiveSoftmax(ctx, features, {
        vocabulary,
        cutoffs: output.cutoffs,
        factor: output.factor,
        dropout: output.dropout,
        ...(tieWeights ? { tied: { input: source, initialWidth: table.width, projections } } : {}),
      }));
    return {
      losses: (words, ignore) =>
        softmax.losses(words, ignore && padding !== null ? padding : undefined),
      logits: softmax.logProbabilities,
    };
  }
  const full = ctx.qualify("embed_tokens.weight");
  const weight = ctx.scope("output_projection", () => {
    if (output.kind === "tied") ctx.alias("weight", full);
    return ctx.parameter("weight", [vocabulary, width], normal(width ** -0.5));
  });
  return {
    losses: (words) => projectedLoss(features, weight, words),
    logits: () => matmul(features, weight, { transposeB: true }),
  };
}

/** Decoder and scores of a batch of tokens, in the scope `decoder`. */
function decodeWords(
  config: LanguageModelConfig,
  ctx: ModelContext,
  tokens: Tensor,
  run: DecoderRun,
): { readonly features: Tensor; readonly words: Vocabulary } {
  const { decoder, padding } = config;
  return ctx.scope("decoder", () => {
    const source = { tokens, padding, embed: (ids: Tensor) => embed(ctx, ids, config) };
    const features = decoder.kind === "mega"
      ? megaDecoder(ctx, source, decoder, run)
      : decoder.kind === "transformer"
      ? transformerDecoder(ctx, source, decoder, run)
      : s4Decoder(ctx, source, decoder, run);
    const rows = reshape(features, [-1, decoderOutputWidth(decoder)]);
    return { features, words: scoreWords(ctx, rows, config) };
  });
}

const decodedOf = (config: LanguageModelConfig, features: Tensor, words: Vocabulary): Decoded => ({
  features,
  logits: () => reshape(words.logits(), [...features.shape.slice(0, 2), config.vocabulary]),
});

/**
 * Reads tokens i32 [B, L] without targets, to generate or to look at distributions.
 *
 * @throws {ShapeError} when the length does not fit the model.
 */
export function decode(
  config: LanguageModelConfig,
  ctx: ModelContext,
  tokens: Tensor,
  run: DecoderRun,
): Decoded {
  const { features, words } = decodeWords(config, ctx, tokens, run);
  return decodedOf(config, features, words);
}

/**
 * Builds the graph of a language model over a batch of static shape.
 *
 * @throws {ShapeError} when the length does not fit the model.
 */
export function buildLanguageModel(
  config: LanguageModelConfig,
  ctx: ModelContext,
  batch: LanguageModelBatch,
  options: LanguageModelOptions,
): LanguageModelOutput {
  const { tokens, targets, weights } = batch;
  const { features, words } = decodeWords(config, ctx, tokens, options);
  const ignore = options.ignoreTailPadding ?? ctx.training;
  const losses = words.losses(reshape(targets, [targets.size]), ignore);
  const tokenLosses = mul(reshape(losses, weights.shape), weights);
  return { ...decodedOf(config, features, words), tokenLosses, lossSum: sum(tokenLosses) };
}

/** Input tensors of a batch, by name: `tokens`, `targets`, `weights`. */
export function languageModelInputs(batch: number, length: number): LanguageModelBatch {
  return {
    tokens: input("tokens", [batch, length], "i32"),
    targets: input("targets", [batch, length], "i32"),
    weights: input("weights", [batch, length]),
  };
}

/** Parameters and states of a language model. Needs no device and computes nothing. */
export function languageModelParameters(config: LanguageModelConfig): ModelParameters {
  const { decoder } = config;
  // Shapes of parameters do not depend on the length; one chunk, or a few positions, are enough.
  const length = decoder.kind === "mega" && decoder.chunk !== null
    ? decoder.chunk
    : Math.min(4, decoder.maxPositions);
  return freshGraph(() => {
    const ctx = new ModelContext({ training: true });
    buildLanguageModel(config, ctx, languageModelInputs(1, length), { carried: false });
    return ctx.collected;
  });
}
