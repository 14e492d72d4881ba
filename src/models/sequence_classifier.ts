/**
 * Classifier of sequences or pairs of sequences: encoder, pooling, head, summed cross entropy
 * (`fairseq/models/lra/model.py` and `fairseq/criterions/lra_cross_entropy.py` of
 * facebookresearch/mega).
 */
import { freshGraph } from "../graph/build.ts";
import { ShapeError, type Tensor } from "../graph/contract.ts";
import { argmax, crossEntropy } from "../../kernels/cross_entropy/mod.ts";
import { div, equal, mul, toF32 } from "../../kernels/elementwise/mod.ts";
import { sum } from "../../kernels/reduce/mod.ts";
import { input } from "../../kernels/source/mod.ts";
import { concat, expandDims, reshape, slice } from "../../kernels/view/mod.ts";
import { activate } from "../nn/activations.ts";
import { ModelContext, type ModelParameters } from "../nn/context.ts";
import { dropout } from "../nn/dropout.ts";
import { normal, xavierUniform, zeros } from "../nn/initializers.ts";
import { linear } from "../nn/linear.ts";
import type { ClassifierConfig } from "./config.ts";
import { megaEncoder } from "./mega_encoder.ts";
import { s4Encoder, s4Head } from "./s4_encoder.ts";
import { transformerEncoder } from "./transformer_encoder.ts";

/** One document per example. */
export interface DocumentInput {
  /** Token ids (i32) or values (f32), [B, L]. */
  readonly sequence: Tensor;
  /** Positions before the padding, i32 [B]. */
  readonly lengths: Tensor;
}

/** A batch on the device. */
export interface ClassifierBatch {
  readonly first: DocumentInput;
  /** The second document of pair tasks; its length may differ. */
  readonly second?: DocumentInput;
  /** Class indices, i32 [B]. */
  readonly labels: Tensor;
  /** [B], 1 for rows that count and 0 for fillers; all count by default. */
  readonly weights?: Tensor;
}

/** An encoded document. */
export interface EncodedDocument {
  /** [B, L', D], zero at padding. */
  readonly features: Tensor;
  /** [B, D] */
  readonly representation: Tensor;
}

/** Result of {@link buildClassifier}. */
export interface ClassifierOutput {
  /** [B, classes] */
  readonly logits: Tensor;
  /** Cross entropy (natural logarithm) summed over the rows that count; scalar. */
  readonly lossSum: Tensor;
  /** Number of rows that count whose largest logit is the label's; scalar f32. */
  readonly correct: Tensor;
  /** First and, in pair tasks, second document. */
  readonly documents: readonly EncodedDocument[];
}

/** Encodes and pools one document; all documents share the parameters. */
function encode(
  ctx: ModelContext,
  config: ClassifierConfig,
  document: DocumentInput,
): EncodedDocument {
  const { encoder, input } = config;
  const features = ctx.scope(
    "encoder.encoder",
    () =>
      encoder.kind === "mega"
        ? megaEncoder(ctx, document.sequence, encoder, input)
        : encoder.kind === "s4"
        ? s4Encoder(ctx, document.sequence, encoder, input)
        : transformerEncoder(ctx, document.sequence, encoder, input),
  );
  const [batch, , width] = features.shape;
  const representation = config.pooling === "mean"
    // The original length, not that of the chunk-padded sequence.
    ? div(sum(features, [1]), expandDims(toF32(document.lengths), 1))
    : reshape(slice(features, 1, 0, 1), [batch, width]);
  return { features, representation };
}

function head(ctx: ModelContext, config: ClassifierConfig, x: Tensor): Tensor {
  const { layers, width, activation, dropout: rate } = config.head;
  const { encoder } = config;
  const bert = encoder.kind === "transformer" && encoder.initialization === "bert";
  const weight = (fanIn: number, fanOut: number) =>
    bert ? normal(0.02) : xavierUniform(fanIn, fanOut);
  let value = x;
  for (let layer = 0; layer < layers; layer++) {
    const affine = linear(ctx, `classifier.${layer}.0`, value, width, {
      weight: weight(value.shape[1], width),
      bias: zeros,
    });
    value = activate(activation, dropout(ctx, affine, rate));
  }
  return linear(ctx, "sentence_projection_layer", value, config.classes, {
    weight: weight(value.shape[1], config.classes),
    bias: null,
  });
}

/**
 * Builds the graph of a classifier over a batch of static shape.
 *
 * @throws {ShapeError} when a pair task lacks its second document, or lengths do not fit the model.
 */
export function buildClassifier(
  config: ClassifierConfig,
  ctx: ModelContext,
  batch: ClassifierBatch,
): ClassifierOutput {
  if (config.pair !== (batch.second !== undefined)) {
    throw new ShapeError("buildClassifier", "pair tasks need two documents, others one");
  }
  const documents = [batch.first, ...(batch.second === undefined ? [] : [batch.second])]
    .map((document) => encode(ctx, config, document));
  const representations = documents.map((d) => d.representation);
  // The second document comes first.
  const logits = config.encoder.kind === "s4"
    ? s4Head(ctx, config, representations)
    : head(ctx, config, concat(representations.toReversed(), 1));
  const losses = crossEntropy(logits, batch.labels);
  const hits = equal(argmax(logits), batch.labels);
  const counted = (values: Tensor) =>
    sum(batch.weights === undefined ? values : mul(values, batch.weights));
  return { logits, lossSum: counted(losses), correct: counted(hits), documents };
}

/** Static shape of a batch. */
export interface ClassifierShape {
  /** B */
  readonly batch: number;
  /** L of the (first) documents. */
  readonly length: number;
  /** L of the second documents; as the first by default. */
  readonly secondLength?: number;
}

/**
 * Input tensors of a batch, by name: `sequence`, `lengths`, in pair tasks `second.sequence` and
 * `second.lengths`, `labels`, `weights`.
 */
export function classifierInputs(
  config: ClassifierConfig,
  { batch, length, secondLength }: ClassifierShape,
): ClassifierBatch & { readonly weights: Tensor } {
  const dtype = config.input.kind === "tokens" ? "i32" : "f32";
  const document = (prefix: string, positions: number): DocumentInput => ({
    sequence: input(`${prefix}sequence`, [batch, positions], dtype),
    lengths: input(`${prefix}lengths`, [batch], "i32"),
  });
  return {
    first: document("", length),
    ...(config.pair ? { second: document("second.", secondLength ?? length) } : {}),
    labels: input("labels", [batch], "i32"),
    weights: input("weights", [batch]),
  };
}

/** Parameters and states of a classifier. Needs no device and computes nothing. */
export function classifierParameters(config: ClassifierConfig): ModelParameters {
  // Shapes of parameters do not depend on the length; one chunk, or a few positions, are enough.
  const length = config.encoder.kind === "mega" && config.encoder.chunk !== null
    ? config.encoder.chunk
    : Math.min(4, config.encoder.maxPositions);
  return freshGraph(() => {
    const ctx = new ModelContext({ training: true });
    buildClassifier(config, ctx, classifierInputs(config, { batch: 1, length }));
    return ctx.collected;
  });
}
