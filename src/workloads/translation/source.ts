import type { PairShape } from "../../data/translation/buckets.ts";
import type { TranslationData } from "../../data/translation/parallel_corpus.ts";
import type { TranslationConfig } from "../../models/translation_config.ts";
import type { TranslationBatching } from "../../models/translation_preset_types.ts";

/** A model and the text that it translates. */
export interface TranslationSource {
  readonly config: TranslationConfig;
  readonly data: TranslationData;
  readonly batching: TranslationBatching;
  /** Shapes of training batches, the largest last. */
  readonly shapes: readonly PairShape[];
  /** Shapes of evaluation batches: those of training, and more where sentences are longer. */
  readonly evaluationShapes: readonly PairShape[];
}
