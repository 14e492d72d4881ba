/**
 * Efficiency (the paper's Table 2, speed and memory at 4K): training steps of every model on bytes
 * at several lengths. All models of a length are on the device together and run in turn.
 */
import { type Device, DeviceError, DeviceLostError } from "../src/device/device.ts";
import { UserError } from "../src/errors.ts";
import { BYTE_VOCABULARY } from "../src/data/byte_vocabulary.ts";
import {
  efficiencyBatches,
  efficiencyLengths,
  type EfficiencyModel as ModelName,
  efficiencyPreset,
} from "../src/models/efficiency_presets.ts";
import type { ProfileName } from "../src/models/profiles.ts";
import { aggregateRows } from "../src/results/aggregate.ts";
import { collectEnvironment } from "../src/results/environment.ts";
import { type Result, resultSchemaId, resultSchemaVersion } from "../src/results/schema.ts";
import type { ResultRow } from "../src/results/schema_row.ts";
import { writeResult } from "../src/results/store.ts";
import { adapterRecord } from "./adapter_record.ts";
import { efficiencyData } from "./efficiency_data.ts";
import { EfficiencyModel } from "./efficiency_model.ts";
import { type EfficiencyHead, efficiencyRow, failedEfficiencyRow } from "./efficiency_row.ts";
import { timeSteps, type TimingBudget } from "./step_timer.ts";

/** What to measure. */
export interface EfficiencyPlan {
  readonly profile: ProfileName;
  readonly models: readonly ModelName[];
  readonly seeds: readonly number[];
  /** Sequences per update instead of the profile's. */
  readonly batchSize: number | undefined;
  /** Result file. */
  readonly output: string;
  /** Lengths instead of the profile's, for tests; at most the longest of the suite. */
  readonly lengths?: readonly number[];
  /** Timing instead of the profile's, for tests. */
  readonly budget?: TimingBudget;
}

/** Callbacks of {@link runEfficiencySuite}. */
export interface EfficiencyEvents {
  readonly message: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Timing per length: all models together, compilation and warm-up apart. */
const budgets: Readonly<Record<ProfileName, TimingBudget>> = {
  smoke: { warmup: 1, leastRounds: 3, mostRounds: 20, seconds: 5 },
  quick: { warmup: 2, leastRounds: 7, mostRounds: 40, seconds: 60 },
  small: { warmup: 3, leastRounds: 10, mostRounds: 60, seconds: 120 },
  paper: { warmup: 3, leastRounds: 10, mostRounds: 100, seconds: 240 },
};

interface Prepared {
  readonly head: EfficiencyHead;
  readonly model: EfficiencyModel;
  readonly compileSeconds: number;
}

/** Builds a model and runs its first step. @returns why it cannot run, if so. */
async function prepare(
  device: Device,
  head: EfficiencyHead,
): Promise<Prepared | { readonly reason: string }> {
  const started = performance.now();
  let model: EfficiencyModel | undefined;
  try {
    model = new EfficiencyModel(device, head.preset, head.data, head.seed);
    await model.start(device);
    return { head, model, compileSeconds: (performance.now() - started) / 1000 };
  } catch (error) {
    model?.destroy();
    const known = error instanceof UserError || error instanceof DeviceError;
    if (error instanceof DeviceLostError || !known) throw error;
    return { reason: error.message };
  }
}

/** Measures all models at one length; undefined when interrupted. */
async function measureLength(
  device: Device,
  heads: readonly EfficiencyHead[],
  budget: TimingBudget,
  { message, signal }: EfficiencyEvents,
): Promise<ResultRow[] | undefined> {
  const prepared: Prepared[] = [];
  const failed: ResultRow[] = [];
  try {
    for (const head of heads) {
      if (signal?.aborted) return undefined;
      const outcome = await prepare(device, head);
      if ("model" in outcome) {
        prepared.push(outcome);
        continue;
      }
      message(`${head.model} at length ${head.data.length} failed: ${outcome.reason}`);
      failed.push(failedEfficiencyRow(head, outcome.reason));
    }
    const times = await timeSteps(
      device,
      prepared.map(({ model }) => model),
      budget,
      signal === undefined ? {} : { signal },
    );
    if (times === undefined) return undefined;
    const measured = prepared.map(({ head, model, compileSeconds }, i) =>
      efficiencyRow(head, model, times[i], compileSeconds)
    );
    const rows = [...measured, ...failed];
    return heads.flatMap(({ model }) => rows.filter((row) => row.model.name === model));
  } finally {
    for (const { model } of prepared) model.destroy();
  }
}

const milliseconds = ({ performance: { stepMilliseconds: step } }: ResultRow) =>
  step === null ? "failed" : `${step.median.toPrecision(3)} ms`;

/**
 * Runs the suite; the result file is complete after every length.
 *
 * @returns The result; `finishedAt` is null when it was interrupted.
 * @throws {UserError} when the file cannot be written or the device is lost.
 */
export async function runEfficiencySuite(
  device: Device,
  plan: EfficiencyPlan,
  events: EfficiencyEvents,
): Promise<Result> {
  const { profile, models, seeds, batchSize, output } = plan;
  const { environment, warnings } = await collectEnvironment(adapterRecord(device));
  const rows: ResultRow[] = [];
  const startedAt = new Date().toISOString();
  const result = (finished: boolean): Result => ({
    schema: resultSchemaId,
    version: resultSchemaVersion,
    startedAt,
    finishedAt: finished ? new Date().toISOString() : null,
    suite: "efficiency",
    profile,
    overrides: batchSize === undefined ? {} : { batchSize },
    environment,
    rows,
    aggregate: aggregateRows(rows),
    kernels: [],
    warnings,
  });
  await writeResult(output, result(false));
  const budget = plan.budget ?? budgets[profile];
  for (const seed of seeds) {
    for (const length of plan.lengths ?? efficiencyLengths[profile]) {
      const started = performance.now();
      const data = efficiencyData(batchSize ?? efficiencyBatches[profile], length, seed);
      const dataSeconds = (performance.now() - started) / 1000;
      const heads = models.map((model) => ({
        model,
        preset: efficiencyPreset({ model, profile, vocabulary: BYTE_VOCABULARY.size, length }),
        data,
        seed,
        leastSteps: budget.leastRounds,
        dataSeconds,
      }));
      const measured = await measureLength(device, heads, budget, events);
      if (measured === undefined) return result(false);
      rows.push(...measured);
      await writeResult(output, result(false));
      const times = measured.map((row) => `${row.model.name} ${milliseconds(row)}`).join(", ");
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      const which = seeds.length === 1 ? "" : ` seed ${seed}`;
      events.message(`length ${length}${which}: ${times} (${seconds} s)`);
    }
  }
  const final = result(true);
  await writeResult(output, final);
  return final;
}
