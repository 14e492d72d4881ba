/** Result rows from training runs. */
import { median, medianAbsoluteDeviation, wilsonInterval } from "../src/results/statistics.ts";
import type { MetricRecord, ResultRow } from "../src/results/schema_row.ts";
import type { RunOutcome, RunSettings } from "../src/train/run.ts";
import type { Session } from "../src/train/session.ts";
import { canonicalHash } from "../src/util/canonical_hash.ts";
import { withoutLocalPaths } from "../src/util/local_paths.ts";
import { type DecodedSplit, primaryScore } from "../src/train/workload.ts";
import type { PreparedRun } from "./spec.ts";

/** What identifies a row before it has run. */
export interface RowHead {
  readonly model: string;
  readonly role: ResultRow["role"];
  readonly run: PreparedRun;
  readonly settings: RunSettings;
  readonly dataSeconds: number;
}

const finite = (value: number) => Number.isFinite(value) ? value : null;

/** Evaluations that belong to the task, in whatever context. */
function plainResults({ results }: RunOutcome): RunOutcome["results"] {
  return results.filter(({ spec }) => spec.shuffledSources !== true);
}

/** Scores of the usual evaluations and of those with another context. */
function lossMetrics({ workload }: PreparedRun, outcome: RunOutcome): MetricRecord[] {
  return plainResults(outcome).flatMap(({ spec: { split, setting }, sums }) =>
    workload.scores.map(({ name, unit, higherIsBetter, per, of, hits }): MetricRecord => {
      const n = sums.units[per];
      return {
        split,
        setting,
        per,
        n,
        name,
        value: finite(of(sums)),
        unit,
        higherIsBetter,
        interval: hits === undefined ? null : wilsonInterval(Math.round(hits(sums)), n),
      };
    })
  );
}

/** Scores that follow from several evaluations. */
function derivedMetrics({ workload }: PreparedRun, outcome: RunOutcome): MetricRecord[] {
  return (workload.derived ?? []).map(({ name, unit, higherIsBetter, per, split, of }) => {
    const usual = plainResults(outcome).find(({ spec }) =>
      spec.split === split && spec.setting === null
    );
    return {
      split,
      setting: null,
      per,
      n: usual?.sums.units[per] ?? 0,
      name,
      value: finite(of(outcome.results)),
      unit,
      higherIsBetter,
      interval: null,
    };
  });
}

/** Scores of what the model wrote. */
function textMetrics({ decoded }: RunOutcome): MetricRecord[] {
  return decoded.flatMap(({ split, scores, hypotheses }) =>
    scores.map(({ spec, value, interval, hits, signature }): MetricRecord => ({
      split,
      setting: null,
      per: "sentences",
      n: hypotheses.length,
      name: spec.name,
      value: finite(value),
      unit: spec.unit,
      higherIsBetter: spec.higherIsBetter,
      interval: hits !== undefined
        ? wilsonInterval(hits, hypotheses.length)
        : interval === undefined
        ? null
        : { ...interval, confidence: 0.95, method: "bootstrap" },
      ...(signature === undefined ? {} : { signature }),
    }))
  );
}

/** Speed of the final search; nothing where nothing was decoded. */
function decodingSpeed({ decoded }: RunOutcome): Partial<ResultRow["performance"]> {
  if (decoded.length === 0) return {};
  const total = (of: (one: DecodedSplit) => number) =>
    decoded.reduce((sum, one) => sum + of(one), 0);
  const seconds = total((one) => one.seconds);
  return {
    decodeSeconds: seconds,
    decodeTokensPerSecond: total(({ tokens }) => tokens) / seconds,
    decodedSentences: total(({ sources }) => sources.length),
  };
}

/** What is known of a row before its run. */
function knownBefore({ model, role, run, settings }: RowHead) {
  const { recipe: { config, training }, workload } = run;
  const { normaliser } = workload;
  const score = primaryScore(workload);
  const { kind: rule, ...optimizer } = training.optimizer;
  const { kind: shape, ...schedule } = settings.schedule;
  return {
    role,
    task: run.task,
    model: {
      name: model,
      configuration: { ...config },
      sha256: canonicalHash({ ...config }),
      parameterCount: run.parameterCount,
    },
    optimizer: { name: rule, configuration: optimizer },
    schedule: { name: shape, configuration: schedule },
    seed: settings.seed,
    batchSize: run.batchSize,
    sequenceLength: run.sequenceLength,
    updates: settings.updates,
    score: { name: score.name, unit: score.unit, higherIsBetter: score.higherIsBetter },
    lossPer: normaliser,
  };
}

/** Row of a run that started; whatever its end. */
export function outcomeRow(head: RowHead, session: Session, outcome: RunOutcome): ResultRow {
  const { progress, status, reason, hostShare } = outcome;
  const { statistics } = session.program;
  const { stepMilliseconds, seconds, tokens, positions } = progress;
  const steps = stepMilliseconds.length > 1 ? stepMilliseconds.slice(1) : stepMilliseconds;
  const { accumulation } = head.settings;
  const usual = plainResults(outcome).filter(({ spec }) => spec.setting === null);
  const evaluated = usual.reduce((total, { sums }) => total + sums.units.tokens, 0);
  const evaluating = usual.reduce((total, one) => total + one.seconds, 0);
  const derived = derivedMetrics(head.run, outcome);
  return {
    ...knownBefore(head),
    updatesDone: progress.update,
    status,
    // Results travel; the folders of this machine stay here.
    reason: reason === undefined ? null : withoutLocalPaths(reason),
    metrics: [...textMetrics(outcome), ...lossMetrics(head.run, outcome), ...derived],
    curve: progress.curve,
    validationCurve: progress.validationCurve,
    wallSeconds: {
      data: head.dataSeconds,
      compile: seconds.compile,
      train: seconds.train,
      evaluate: seconds.evaluate,
    },
    performance: {
      tokensPerSecond: seconds.train > 0 ? tokens / seconds.train : null,
      evaluationTokensPerSecond: evaluating > 0 ? evaluated / evaluating : null,
      stepMilliseconds: steps.length === 0
        ? null
        : { median: median(steps), spread: medianAbsoluteDeviation(steps) },
      hostShare: hostShare ?? null,
      dispatchesPerStep: session.dispatchesPerUpdate,
      peakPlannedBytes: statistics.peakBytes + session.persistentBytes,
      sumOfIntermediateBytes: statistics.totalBytes + session.persistentBytes,
      floatingPointOperationsPerStep: statistics.flops * accumulation,
      bytesMovedPerStep: statistics.bytesMoved * accumulation,
      compiledPrograms: session.programCount,
      paddingShare: positions === null || positions === 0 ? null : 1 - tokens / positions,
      ...decodingSpeed(outcome),
    },
    sample: null,
    provenance: "measured",
    warnings: head.run.workload.remarks?.(
      new Map(derived.flatMap(({ name, value }) => value === null ? [] : [[name, value]])),
    ) ?? [],
  };
}
