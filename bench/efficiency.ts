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
import { formatDuration, formatSignificant } from "../src/util/format.ts";
import { checkBatchMemory } from "../src/workloads/batch_memory.ts";
import { adapterRecord } from "./adapter_record.ts";
import { efficiencyData } from "./efficiency_data.ts";
import { EfficiencyModel } from "./efficiency_model.ts";
import { type EfficiencyHead, efficiencyRow, failedEfficiencyRow } from "./efficiency_row.ts";
import { mergeTimes, type StepTimes, timeSteps, type TimingBudget } from "./step_timer.ts";

/** What to measure. */
export interface EfficiencyPlan {
  readonly profile: ProfileName;
  readonly models: readonly ModelName[];
  readonly seeds: readonly number[];
  /** Sequences per update instead of the profile's. */
  readonly batchSize: number | undefined;
  /** Lengths instead of the profile's, for tests; at most the longest of the suite. */
  readonly lengths?: readonly number[];
  /** Timing instead of the profile's, for tests. */
  readonly budget?: TimingBudget;
}

/** Callbacks of {@link runEfficiencySuite}. */
export interface EfficiencyEvents {
  readonly message: (line: string) => void;
  /** Gets the result as it is after every length; what it throws ends the suite. */
  readonly onLength?: (result: Result) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Timing of each of the two visits to a length, all models together, without compilation. */
const budgets: Readonly<Record<ProfileName, TimingBudget>> = {
  smoke: { warmup: 1, leastRounds: 2, mostRounds: 10, seconds: 2 },
  quick: { warmup: 1, leastRounds: 4, mostRounds: 20, seconds: 25 },
  small: { warmup: 2, leastRounds: 5, mostRounds: 30, seconds: 60 },
  paper: { warmup: 2, leastRounds: 5, mostRounds: 10, seconds: 60 },
};

interface Prepared {
  readonly head: EfficiencyHead;
  readonly model: EfficiencyModel;
  readonly compileSeconds: number;
}

/** What is known about a model at a length so far. */
interface Entry {
  readonly head: EfficiencyHead;
  row: ResultRow | undefined;
  times: StepTimes | undefined;
  compileSeconds: number;
}

/** Builds a model and runs its first step. @returns why it cannot run, if so. */
async function prepare(
  device: Device,
  head: EfficiencyHead,
): Promise<Prepared | { readonly reason: string }> {
  const started = performance.now();
  let model: EfficiencyModel | undefined;
  try {
    model = device.allOrNothing(() =>
      new EfficiencyModel(device, head.preset, head.data, head.seed)
    );
    await model.start(device);
    return { head, model, compileSeconds: (performance.now() - started) / 1000 };
  } catch (error) {
    model?.destroy();
    const known = error instanceof UserError || error instanceof DeviceError;
    if (error instanceof DeviceLostError || !known) throw error;
    return { reason: error.message };
  }
}

/**
 * Times all models at one length and brings their rows up to date; those that failed before stay.
 *
 * @returns False when interrupted: nothing has changed then.
 */
async function measureLength(
  device: Device,
  entries: readonly Entry[],
  budget: TimingBudget,
  { message, signal }: EfficiencyEvents,
): Promise<boolean> {
  const running: { readonly entry: Entry; readonly prepared: Prepared }[] = [];
  const failed = new Map<Entry, ResultRow>();
  try {
    for (const entry of entries.filter(({ row }) => row?.status !== "failed")) {
      if (signal?.aborted) return false;
      const { head } = entry;
      const outcome = await prepare(device, head);
      if ("model" in outcome) {
        running.push({ entry, prepared: outcome });
        continue;
      }
      message(`${head.model} at length ${head.data.length} failed: ${outcome.reason}`);
      failed.set(entry, failedEfficiencyRow(head, outcome.reason));
    }
    const times = await timeSteps(
      device,
      running.map(({ prepared }) => prepared.model),
      budget,
      signal,
    );
    if (times === undefined) return false;
    for (const [entry, row] of failed) entry.row ??= row;
    running.forEach(({ entry, prepared: { model, compileSeconds } }, i) => {
      entry.times = mergeTimes(entry.times, times[i]);
      entry.compileSeconds += compileSeconds;
      entry.row = efficiencyRow(entry.head, model, entry.times, entry.compileSeconds);
    });
    return true;
  } finally {
    for (const { prepared } of running) prepared.model.destroy();
  }
}

function describe({ head, row }: Entry): string {
  const step = row?.performance.stepMilliseconds;
  return `${head.model} ${step == null ? "failed" : `${formatSignificant(step.median)} ms`}`;
}

/** The models of a seed at every length, before anything is measured. */
function entriesOf(plan: EfficiencyPlan, seed: number, leastSteps: number): Entry[][] {
  const { profile, models, batchSize } = plan;
  return (plan.lengths ?? efficiencyLengths[profile]).map((length) => {
    const started = performance.now();
    const rows = batchSize ?? efficiencyBatches[profile];
    checkBatchMemory({ rows, length });
    const data = efficiencyData(rows, length, seed);
    const dataSeconds = (performance.now() - started) / 1000;
    const request = { profile, vocabulary: BYTE_VOCABULARY.size, length };
    return models.map((model): Entry => ({
      head: {
        model,
        preset: efficiencyPreset({ ...request, model }),
        data,
        seed,
        leastSteps,
        dataSeconds,
      },
      row: undefined,
      times: undefined,
      compileSeconds: 0,
    }));
  });
}

/**
 * Runs the suite: per seed once up the lengths and once down, so that drift of the machine does not
 * bend the curves.
 *
 * @returns The result; when it was interrupted, of what was done, and `finishedAt` is null.
 * @throws {UserError} when the device is lost.
 */
export async function runEfficiencySuite(
  device: Device,
  plan: EfficiencyPlan,
  events: EfficiencyEvents,
): Promise<Result> {
  const { profile, seeds, batchSize } = plan;
  const { environment, warnings } = await collectEnvironment(adapterRecord(device));
  const startedAt = new Date().toISOString();
  const budget = plan.budget ?? budgets[profile];
  const all = seeds.map((seed) => entriesOf(plan, seed, 2 * budget.leastRounds));
  const result = (finished: boolean): Result => {
    const rows = all.flat(2).flatMap(({ row }) => row ?? []);
    return {
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
    };
  };
  for (const lengths of all) {
    for (const entries of [...lengths, ...lengths.toReversed()]) {
      const started = performance.now();
      if (!await measureLength(device, entries, budget, events)) return result(false);
      await events.onLength?.(result(false));
      const [{ head }] = entries;
      const which = seeds.length === 1 ? "" : ` seed ${head.seed}`;
      const seconds = formatDuration((performance.now() - started) / 1000);
      const found = entries.map(describe).join(", ");
      events.message(`length ${head.data.length}${which}: ${found} (${seconds})`);
    }
  }
  return result(true);
}
