/** The graphs of a translation model, by mode. */
import type { PairShape } from "../../data/translation/buckets.ts";
import type { TranslationConfig } from "../../models/translation_config.ts";
import { decodeStep, encodeForDecoding } from "../../models/translation_decoding.ts";
import { buildTranslation, translationInputs } from "../../models/translation_model.ts";
import type { BatchExtents, ModelFunction } from "../../train/workload.ts";

/** What the graphs depend on beside the configuration. */
export interface TranslationModelOptions {
  /** ε of the training loss; evaluation takes the plain one. */
  readonly labelSmoothing: number;
}

/**
 * Trains and evaluates with extents `batch`, `source`, `target` (padded lengths); the metric `nll` is
 * the loss without smoothing. Modes `encode` and `step` are those of the beam search.
 */
export function translationModel(
  config: TranslationConfig,
  { labelSmoothing }: TranslationModelOptions,
): ModelFunction {
  return (context, extents, mode) => {
    if (mode === "encode") return encodeForDecoding(config, context, extents);
    if (mode === "step") return decodeStep(config, context, extents);
    const { batch, source, target } = extents;
    const inputs = translationInputs(batch, source, target);
    const { lossSum, nllSum } = buildTranslation(config, context, inputs, {
      labelSmoothing: mode === "train" ? labelSmoothing : 0,
    });
    return { lossSum, metrics: { nll: nllSum } };
  };
}

/** Extents of the largest batches. @param shapes The largest last. */
export function translationExtents(
  shapes: readonly PairShape[],
): Readonly<Record<"train" | "evaluate", BatchExtents>> {
  const { rows, source, target } = shapes[shapes.length - 1];
  const largest = { batch: rows, source, target };
  return { train: largest, evaluate: largest };
}
