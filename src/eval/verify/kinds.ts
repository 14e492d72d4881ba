/** Which handler checks which kind of golden file. */
import type { Device } from "../../device/device.ts";
import { UserError } from "../../errors.ts";
import type { Golden } from "./golden.ts";
import { verifyAdaptive } from "./kinds/adaptive.ts";
import { verifyBeamSearch } from "./kinds/beam.ts";
import { verifyElementwise } from "./kinds/elementwise.ts";
import { verifyEma, verifyEmaStep } from "./kinds/ema.ts";
import { verifyGatedCrossAttention } from "./kinds/gca.ts";
import { verifyLanguageModel } from "./kinds/lm.ts";
import { verifyLanguageModelScores } from "./kinds/lm_eval.ts";
import { verifyLanguageModelTraining } from "./kinds/lm_train.ts";
import { verifyClassifier } from "./kinds/lra.ts";
import { verifyTrajectory } from "./kinds/lra_train.ts";
import { verifyMega } from "./kinds/mega.ts";
import {
  verifyFeedForward,
  verifyRealNumberEmbedding,
  verifyRelativeBias,
  verifySequenceNorm,
} from "./kinds/modules.ts";
import { verifyTranslation } from "./kinds/nmt.ts";
import { verifyTranslationTraining } from "./kinds/nmt_train.ts";
import { verifyS4dMinimal, verifyS4Init, verifyS4Kernel, verifyS4Layer } from "./kinds/s4.ts";
import type { Produced } from "./run_module.ts";

/** Computes everything that a file of its kind can hold. */
export type KindHandler = (device: Device, golden: Golden) => Promise<Produced[]>;

/** Handlers by kind. */
const handlers: ReadonlyMap<string, KindHandler> = new Map([
  ["elementwise", verifyElementwise],
  ["seqnorm", verifySequenceNorm],
  ["realnum", verifyRealNumberEmbedding],
  ["relpos", verifyRelativeBias],
  ["ema", verifyEma],
  ["ema_step", verifyEmaStep],
  ["mega", verifyMega],
  ["nffn", verifyFeedForward],
  ["lra", verifyClassifier],
  ["lra_train", verifyTrajectory],
  ["gca", verifyGatedCrossAttention],
  ["lm", verifyLanguageModel],
  ["adaptive", verifyAdaptive],
  ["lm_train", verifyLanguageModelTraining],
  ["lm_eval", verifyLanguageModelScores],
  ["nmt", verifyTranslation],
  ["nmt_train", verifyTranslationTraining],
  ["beam", verifyBeamSearch],
  ["s4_kernel", verifyS4Kernel],
  ["s4_layer", verifyS4Layer],
  ["s4d_min", verifyS4dMinimal],
  ["s4_init", verifyS4Init],
]);

/** Kinds of golden files. */
export const goldenKinds: readonly string[] = [...handlers.keys()];

/** A kind that does not exist. */
export class UnknownKindError extends UserError {}

/**
 * The handler of a file.
 *
 * @throws {UnknownKindError} for a kind that does not exist.
 */
export function handlerOf(golden: Golden): KindHandler {
  const { kind, where } = golden;
  const handler = handlers.get(kind);
  if (handler === undefined) {
    throw new UnknownKindError(
      `${where}: unknown kind ${JSON.stringify(kind)}, expected one of: ${goldenKinds.join(", ")}`,
    );
  }
  return handler;
}
