/** What a schema of fields cannot say: which numbers can be true together. */
import type { z } from "zod";
import { canonicalHash, type JsonValue } from "../util/canonical_hash.ts";

/** A field that cannot be true: its path below the checked value, and what is wrong with it. */
interface Fault {
  readonly path: (string | number)[];
  readonly message: string;
}

interface Measure {
  readonly name: string;
  readonly unit: string;
}

/** What rounding on a device may take from a sum of terms that are not negative. */
const rounding = 1e-4;

/** What rounding in float64 may add to a bound, as of the mean of resampled perfect scores. */
const slack = 1e-9;

/** Where values of a unit can lie; undefined where they can lie anywhere. */
function boundsOf({ name, unit }: Measure): readonly [low: number, high: number] | undefined {
  if (unit === "fraction") return [0, 1];
  if (unit === "bleu") return [0, 100];
  if (unit === "perplexity") return [1 - rounding, Infinity];
  if (/^bits\b/.test(unit) || name === "loss") return [-rounding, Infinity];
  return undefined;
}

function* outside(
  measure: Measure,
  value: number | null | undefined,
  path: Fault["path"],
): Generator<Fault> {
  const bounds = boundsOf(measure);
  if (bounds === undefined || value === null || value === undefined) return;
  const [low, high] = bounds;
  if (value >= low - slack && value <= high + slack) return;
  const range = high === Infinity ? `at least ${Math.round(low)}` : `from ${low} to ${high}`;
  yield {
    path,
    message: `${value} is outside the range of ${measure.name} (${measure.unit}): ${range}`,
  };
}

interface CheckedMetric extends Measure {
  readonly split: string;
  readonly setting: JsonValue;
  readonly value: number | null;
  readonly n: number;
  readonly interval: { readonly low: number; readonly high: number } | null;
}

interface Point {
  readonly step: number;
  readonly loss: number | null;
  readonly score: number | null;
}

interface CheckedRow {
  readonly updates: number;
  readonly updatesDone: number;
  readonly score: Measure;
  readonly metrics: readonly CheckedMetric[];
  readonly curve: readonly Point[];
  readonly validationCurve: readonly Point[];
}

function* metricFaults(metrics: readonly CheckedMetric[]): Generator<Fault> {
  const seen = new Map<string, number>();
  for (const [i, metric] of metrics.entries()) {
    const { name, split, setting, value, n, interval } = metric;
    yield* outside(metric, value, ["metrics", i, "value"]);
    if (n === 0 && value !== null) {
      yield { path: ["metrics", i, "n"], message: `0, so that ${name} cannot be ${value}` };
    }
    if (interval !== null) {
      for (const end of ["low", "high"] as const) {
        yield* outside(metric, interval[end], ["metrics", i, "interval", end]);
      }
      if (interval.low > interval.high) {
        yield { path: ["metrics", i, "interval"], message: "low is above high" };
      }
    }
    const key = canonicalHash([name, split, setting]);
    const earlier = seen.get(key);
    if (earlier === undefined) seen.set(key, i);
    else yield { path: ["metrics", i], message: `repeats metrics[${earlier}] (${split} ${name})` };
  }
}

function* curveFaults(row: CheckedRow, curve: "curve" | "validationCurve"): Generator<Fault> {
  for (const [i, { step, loss, score }] of row[curve].entries()) {
    yield* outside({ name: "loss", unit: "nats" }, loss, [curve, i, "loss"]);
    yield* outside(row.score, score, [curve, i, "score"]);
    if (i > 0 && step <= row[curve][i - 1].step) {
      yield {
        path: [curve, i, "step"],
        message: `${step} does not come after ${row[curve][i - 1].step}`,
      };
    }
  }
}

function* rowFaults(row: CheckedRow): Generator<Fault> {
  const trained = row.metrics.length + row.curve.length + row.validationCurve.length > 0;
  if (trained && row.updatesDone > row.updates) {
    yield { path: ["updatesDone"], message: `${row.updatesDone} of ${row.updates} updates` };
  }
  yield* metricFaults(row.metrics);
  yield* curveFaults(row, "curve");
  yield* curveFaults(row, "validationCurve");
}

function report(faults: Iterable<Fault>, context: z.RefinementCtx): void {
  for (const { path, message } of faults) context.addIssue({ code: "custom", path, message });
}

/**
 * Refuses a row whose numbers cannot be true together: values outside the range of their unit, a
 * value over nothing, more updates than were asked for (a measurement of speed, which has neither
 * curve nor metrics, may do more), curves that go back, metrics that repeat.
 */
export function checkRow(row: CheckedRow, context: z.RefinementCtx): void {
  report(rowFaults(row), context);
}

interface CheckedAggregate {
  readonly metric: string;
  readonly unit: string;
  readonly values: readonly { readonly value: number | null; readonly status: string }[];
  readonly n: number;
  readonly mean: number | null;
}

function* aggregateFaults({ metric, unit, values, n, mean }: CheckedAggregate): Generator<Fault> {
  const measure = { name: metric, unit };
  for (const [i, { value }] of values.entries()) {
    yield* outside(measure, value, ["values", i, "value"]);
  }
  yield* outside(measure, mean, ["mean"]);
  const counted =
    values.filter(({ value, status }) => status === "completed" && value !== null).length;
  if (n !== counted) yield { path: ["n"], message: `${n}, but ${counted} runs have a value` };
  if ((mean === null) !== (n === 0)) {
    yield { path: ["mean"], message: `${mean} over ${n} values` };
  }
}

/** Refuses statistics that cannot come from their values. */
export function checkAggregate(aggregate: CheckedAggregate, context: z.RefinementCtx): void {
  report(aggregateFaults(aggregate), context);
}

interface IdentifiedRow {
  readonly role: string;
  readonly task: {
    readonly name: string;
    readonly direction?: string | undefined;
    readonly version: string;
    readonly origin: string;
    readonly splits: Readonly<Record<string, { readonly sha256: string } | undefined>>;
  };
  readonly model: { readonly name: string; readonly sha256: string };
  readonly optimizer: JsonValue;
  readonly schedule: JsonValue;
  readonly seed: number;
  readonly batchSize: number;
  readonly sequenceLength: number;
  readonly updates: number;
}

/** What makes two rows the same run: task with data, model, setting, seed and role. */
function identityOf(row: IdentifiedRow): string {
  const { role, task, model, optimizer, schedule, seed, batchSize, sequenceLength, updates } = row;
  const data = Object.entries(task.splits).map(([name, split]) => [name, split?.sha256 ?? null]);
  return canonicalHash([
    role,
    [task.name, task.direction ?? null, task.version, task.origin, data.toSorted()],
    [model.name, model.sha256],
    [optimizer, schedule, batchSize, sequenceLength, updates],
    seed,
  ]);
}

interface IdentifiedKernel {
  readonly kernel: string;
  readonly variant: string;
  readonly shape: Readonly<Record<string, number>>;
}

function* repetitions<T>(
  field: string,
  items: readonly T[],
  identity: (item: T) => string,
  name: (item: T) => string,
): Generator<Fault> {
  const seen = new Map<string, number>();
  for (const [i, item] of items.entries()) {
    const key = identity(item);
    const earlier = seen.get(key);
    if (earlier === undefined) seen.set(key, i);
    else yield { path: [field, i], message: `repeats ${field}[${earlier}] (${name(item)})` };
  }
}

/** Refuses a result that holds the same run or the same kernel twice: it would count as a seed. */
export function checkRepetitions(
  { rows, kernels }: {
    readonly rows: readonly IdentifiedRow[];
    readonly kernels: readonly IdentifiedKernel[];
  },
  context: z.RefinementCtx,
): void {
  report(
    repetitions(
      "rows",
      rows,
      identityOf,
      ({ task, model, seed }) => `${task.name} ${model.name}, seed ${seed}`,
    ),
    context,
  );
  report(
    repetitions(
      "kernels",
      kernels,
      ({ kernel, variant, shape }) => canonicalHash([kernel, variant, { ...shape }]),
      ({ kernel }) => kernel,
    ),
    context,
  );
}
