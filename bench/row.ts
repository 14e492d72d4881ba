/** Result rows from training runs. */
import { SPLIT_NAMES, type TaskData } from "../src/data/dataset.ts";
import type { Trainer } from "../src/train/trainer.ts";
import type { RunOutcome, RunSettings } from "../src/train/run.ts";
import type { MetricRecord, ResultRow } from "../src/results/schema_row.ts";
import { median, medianAbsoluteDeviation, wilsonInterval } from "../src/results/statistics.ts";
import { formatDuration } from "../src/util/format.ts";
import { canonicalHash } from "../src/util/canonical_hash.ts";
import type { Preset } from "../src/models/lra_presets.ts";

/** What identifies a row before it has run. */
export interface RowHead {
  readonly model: string;
  readonly preset: Preset;
  readonly data: TaskData;
  readonly settings: RunSettings;
  readonly dataSeconds: number;
}

function metricsOf({ results }: RunOutcome): MetricRecord[] {
  return (["valid", "test"] as const).flatMap((split): MetricRecord[] => {
    const evaluation = results[split];
    if (!evaluation) return [];
    const { accuracy, loss, correct, examples: n } = evaluation;
    const common = { split, n };
    return [
      {
        ...common,
        name: "accuracy",
        value: accuracy,
        unit: "fraction",
        higherIsBetter: true,
        interval: wilsonInterval(Math.round(correct), n),
      },
      {
        ...common,
        name: "loss",
        value: Number.isFinite(loss) ? loss : null,
        unit: "nats",
        higherIsBetter: false,
        interval: null,
      },
    ];
  });
}

function originOf(data: TaskData): ResultRow["task"]["origin"] {
  if (/generat/i.test(data.source)) return "generated";
  return /official/i.test(data.source) ? "official" : "folder";
}

function common(head: RowHead): Pick<
  ResultRow,
  | "task"
  | "model"
  | "optimizer"
  | "schedule"
  | "seed"
  | "batchSize"
  | "sequenceLength"
  | "updates"
  | "provenance"
> {
  const { model, preset, data, settings } = head;
  const { kind: rule, ...optimizer } = preset.training.optimizer;
  const { kind: shape, ...schedule } = preset.training.schedule;
  return {
    task: {
      name: data.id,
      version: String(data.version),
      origin: originOf(data),
      splits: Object.fromEntries(
        SPLIT_NAMES.map((split) => [split, {
          sha256: data.hash[split],
          examples: data.splits[split].length,
        }]),
      ),
    },
    model: {
      name: model,
      configuration: { ...preset.config },
      sha256: canonicalHash({ ...preset.config }),
      parameterCount: 0,
    },
    optimizer: { name: rule, configuration: optimizer },
    schedule: { name: shape, configuration: schedule },
    seed: settings.seed,
    batchSize: settings.batchSize * settings.accumulation,
    sequenceLength: settings.sequenceLength,
    updates: settings.updates,
    provenance: "measured",
  };
}

/** Row of a run that started; whatever its end. */
export function outcomeRow(head: RowHead, trainer: Trainer, outcome: RunOutcome): ResultRow {
  const base = common(head);
  const { progress, status, reason, hostShare } = outcome;
  const { statistics } = trainer.program;
  const { stepMilliseconds, seconds, tokens } = progress;
  const steps = stepMilliseconds.length > 1 ? stepMilliseconds.slice(1) : stepMilliseconds;
  const { accumulation } = head.settings;
  return {
    ...base,
    model: { ...base.model, parameterCount: trainer.model.count },
    updatesDone: progress.update,
    status,
    reason: reason ?? null,
    metrics: metricsOf(outcome),
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
      stepMilliseconds: steps.length === 0
        ? null
        : { median: median(steps), spread: medianAbsoluteDeviation(steps) },
      hostShare: hostShare ?? null,
      dispatchesPerStep: trainer.dispatchesPerUpdate,
      peakPlannedBytes: statistics.peakBytes + trainer.persistentBytes,
      sumOfIntermediateBytes: statistics.totalBytes + trainer.persistentBytes,
      floatingPointOperationsPerStep: statistics.flops * accumulation,
      bytesMovedPerStep: statistics.bytesMoved * accumulation,
    },
    warnings: [],
  };
}

/** What a run that never got going has measured. */
export const noPerformance: ResultRow["performance"] = {
  tokensPerSecond: null,
  stepMilliseconds: null,
  hostShare: null,
  dispatchesPerStep: null,
  peakPlannedBytes: null,
  sumOfIntermediateBytes: null,
  floatingPointOperationsPerStep: null,
  bytesMovedPerStep: null,
};

/** Row of a run that could not start or broke off with an error. */
export function failedRow(head: RowHead, parameterCount: number, reason: string): ResultRow {
  const base = common(head);
  return {
    ...base,
    model: { ...base.model, parameterCount },
    updatesDone: 0,
    status: "failed",
    reason,
    metrics: [],
    curve: [],
    validationCurve: [],
    wallSeconds: { data: head.dataSeconds, compile: 0, train: 0, evaluate: 0 },
    performance: noPerformance,
    warnings: [],
  };
}

/** One line on how a run ended, for people who wait for the next. */
export function rowLine({ task, model, seed, metrics, status, wallSeconds }: ResultRow): string {
  const score = metrics.find(({ split, name }) => split === "test" && name === "accuracy")?.value;
  const { compile, train, evaluate } = wallSeconds;
  const outcome = score == null ? status : `test accuracy ${(100 * score).toFixed(2)} %`;
  const time = formatDuration(compile + train + evaluate);
  return `${task.name} ${model.name} seed ${seed}: ${outcome} in ${time}`;
}
