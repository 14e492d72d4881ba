/** Result rows of the efficiency suite. */
import type { Preset } from "../src/models/lra_presets.ts";
import { classifierParameters } from "../src/models/sequence_classifier.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import { median, medianAbsoluteDeviation } from "../src/results/statistics.ts";
import { canonicalHash } from "../src/util/canonical_hash.ts";
import { withoutLocalPaths } from "../src/util/local_paths.ts";
import { type EfficiencyData, efficiencyDataVersion } from "./efficiency_data.ts";
import type { EfficiencyModel } from "./efficiency_model.ts";
import type { StepTimes } from "./step_timer.ts";

/** What identifies a row before anything is measured. */
export interface EfficiencyHead {
  readonly model: string;
  readonly preset: Preset;
  readonly data: EfficiencyData;
  readonly seed: number;
  /** Timed blocks of steps that were asked for at least. */
  readonly leastSteps: number;
  readonly dataSeconds: number;
}

/** Row of a model that could not run at this length. */
export function failedEfficiencyRow(head: EfficiencyHead, reason: string): ResultRow {
  const { model, preset, data, seed, leastSteps, dataSeconds } = head;
  const { kind: rule, ...optimizer } = preset.training.optimizer;
  const { kind: shape, ...schedule } = preset.training.schedule;
  const configuration = { ...preset.config };
  return {
    role: "final",
    task: {
      name: "text",
      kind: "classification",
      version: efficiencyDataVersion,
      origin: "generated",
      splits: { train: { sha256: data.sha256, examples: data.split.length, tokens: null } },
    },
    model: {
      name: model,
      configuration,
      sha256: canonicalHash(configuration),
      parameterCount: classifierParameters(preset.config).count,
    },
    optimizer: { name: rule, configuration: optimizer },
    schedule: { name: shape, configuration: schedule },
    seed,
    batchSize: data.split.length,
    sequenceLength: data.length,
    updates: leastSteps,
    updatesDone: 0,
    status: "failed",
    reason: withoutLocalPaths(reason),
    score: { name: "accuracy", unit: "fraction", higherIsBetter: true },
    lossPer: "sentences",
    metrics: [],
    curve: [],
    validationCurve: [],
    wallSeconds: { data: dataSeconds, compile: 0, train: 0, evaluate: 0 },
    performance: noPerformance,
    sample: null,
    warnings: [],
    provenance: "measured",
  };
}

/** Row of a model that was measured. Times are of `times.steps` steps; there are no scores. */
export function efficiencyRow(
  head: EfficiencyHead,
  model: EfficiencyModel,
  times: StepTimes,
  compileSeconds: number,
): ResultRow {
  const { session, firstBadUpdate } = model;
  const { statistics } = session.program;
  const seconds = times.totalMilliseconds / 1000;
  const row = failedEfficiencyRow(head, "");
  return {
    ...row,
    updatesDone: times.steps,
    status: "completed",
    reason: null,
    wallSeconds: { ...row.wallSeconds, compile: compileSeconds, train: seconds },
    performance: {
      tokensPerSecond: row.batchSize * row.sequenceLength * times.steps / seconds,
      evaluationTokensPerSecond: null,
      stepMilliseconds: {
        median: median(times.samples),
        spread: medianAbsoluteDeviation(times.samples),
      },
      hostShare: times.hostShare,
      dispatchesPerStep: session.dispatchesPerUpdate,
      peakPlannedBytes: statistics.peakBytes + session.persistentBytes,
      sumOfIntermediateBytes: statistics.totalBytes + session.persistentBytes,
      floatingPointOperationsPerStep: statistics.flops,
      bytesMovedPerStep: statistics.bytesMoved,
      compiledPrograms: null,
      paddingShare: null,
    },
    warnings: firstBadUpdate === undefined
      ? []
      : [`loss or gradient norm was not a finite number at update ${firstBadUpdate}`],
  };
}

/** What a model that could not be built has measured. */
const noPerformance: ResultRow["performance"] = {
  tokensPerSecond: null,
  evaluationTokensPerSecond: null,
  stepMilliseconds: null,
  hostShare: null,
  dispatchesPerStep: null,
  peakPlannedBytes: null,
  sumOfIntermediateBytes: null,
  floatingPointOperationsPerStep: null,
  bytesMovedPerStep: null,
  compiledPrograms: null,
  paddingShare: null,
};
