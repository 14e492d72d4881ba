/**
 * Mega on WebGPU: symbolic tensors with reverse-mode differentiation, the models of the Mega paper
 * and its baselines (classifiers, language models, translation models), training, beam search, and
 * versioned results.
 *
 * @example Gradient of a small function on the GPU.
 * ```ts
 * import { evaluate, gradients, input, matmul, openDevice, silu, sum } from "./mod.ts";
 *
 * const x = input("x", [4, 3]);
 * const w = input("w", [3, 2]);
 * const [dw] = gradients(sum(silu(matmul(x, w))), [w]);
 * const device = await openDevice();
 * const feeds = new Map([["x", new Float32Array(12).fill(1)], ["w", new Float32Array(6)]]);
 * console.log(await evaluate(device, [dw], feeds));
 * ```
 *
 * @module
 */
export * from "./kernels/mod.ts";
export { apply, apply1, freshGraph, scope } from "./src/graph/build.ts";
export {
  type DType,
  type InlineOperation,
  type KernelOperation,
  type Operation,
  type Shape,
  ShapeError,
  Tensor,
  type TensorType,
} from "./src/graph/contract.ts";
export type { AdapterClass } from "./src/device/adapter_class.ts";
export type { LowerContext, Pass } from "./src/graph/lowering.ts";

export { Device, DeviceError, DeviceLostError, openDevice } from "./src/device/device.ts";
export { UserError } from "./src/errors.ts";
export { evaluate, interpret } from "./src/compiler/evaluate.ts";
export { gradients } from "./src/compiler/gradient.ts";
export { planProgram, type ProgramPlan, type ProgramStatistics } from "./src/compiler/plan.ts";
export { compile, Program } from "./src/compiler/program.ts";

export { ModelContext, ModelParameters } from "./src/nn/context.ts";
export {
  type ClassifierConfig,
  classifierHash,
  parseClassifierConfig,
} from "./src/models/config.ts";
export { preset } from "./src/models/presets.ts";
export {
  buildClassifier,
  classifierInputs,
  classifierParameters,
} from "./src/models/sequence_classifier.ts";
export {
  buildLanguageModel,
  decode,
  type LanguageModelBatch,
  languageModelInputs,
  languageModelParameters,
} from "./src/models/language_model.ts";
export {
  type LanguageModelConfig,
  parseLanguageModelConfig,
} from "./src/models/language_model_config.ts";
export { languageModelPreset } from "./src/models/lm_scaled_presets.ts";
export {
  buildTranslation,
  encodeSource,
  type TranslationBatch,
  translationInputs,
  translationParameters,
} from "./src/models/translation_model.ts";
export { parseTranslationConfig, type TranslationConfig } from "./src/models/translation_config.ts";

export { loadCheckpoint, saveCheckpoint } from "./src/train/checkpoint.ts";
export { type RunOutcome, type RunSettings, TrainingRun } from "./src/train/run.ts";
export { learningRate, type Schedule } from "./src/train/schedule.ts";
export { Session, type SessionOptions } from "./src/train/session.ts";
export type { SessionState } from "./src/train/session_state.ts";
export type { Workload } from "./src/train/workload.ts";
export { classifierWorkload } from "./src/workloads/classifier.ts";
export { generateTokens } from "./src/workloads/generate_tokens.ts";
export { languageModelWorkload } from "./src/workloads/language_model.ts";
export { type BeamOptions, type Hypothesis } from "./src/workloads/translation/beam_search.ts";
export {
  translate,
  type TranslateOptions,
  type Translation,
} from "./src/workloads/translation/translator.ts";
export { translationModel } from "./src/workloads/translation/model.ts";
export { Inference } from "./src/train/inference.ts";
export { loadModel, saveModel } from "./src/train/model_file.ts";

export { verifyFile, type VerifyReport } from "./src/eval/verify/verify.ts";
export { type Result, resultSchema } from "./src/results/schema.ts";
export { readResult, writeResult } from "./src/results/store.ts";
