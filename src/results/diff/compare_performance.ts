import { formatBytes } from "../../util/format.ts";
import type { Environment } from "../schema_environment.ts";
import { median } from "../statistics.ts";
import type { ResultRow } from "../schema_row.ts";
import { compareSamples, type Comparison, judge, type Sample } from "./compare_samples.ts";
import {
  type DiffEntry,
  type DiffOptions,
  type DiffSide,
  type DiffSubject,
  incomparable,
  minimumMemoryEffect,
  minimumSpeedEffect,
} from "./diff_entry.ts";
import type { RunGroup, RunPair } from "./match_rows.ts";

/** Why times of two machines cannot be compared; null when they can. */
export function machineObstacle(old: Environment, now: Environment): string | null {
  const facts = (environment: Environment): [string, string][] => {
    const { adapter, cpu } = environment;
    const named: [string, string][] = [
      ["adapter", adapter.description || adapter.device || adapter.vendor],
      ["driver", adapter.driver ?? "unknown"],
    ];
    // A software adapter is as fast as the processor that it runs on.
    return adapter.class === "gpu"
      ? named
      : [...named, ["processor", `${cpu.model ?? "unknown"}, ${cpu.cores} cores`]];
  };
  const [left, right] = [facts(old), facts(now)];
  const changed = left.flatMap(([name, value], i) =>
    right[i]?.[1] === value ? [] : [`${name} ${value} → ${right[i]?.[1] ?? "none"}`]
  );
  return changed.length === 0 ? null : `another machine: ${changed.join(", ")}`;
}

/** Compares the time of a training step and its planned memory; none where a side has no runs. */
export function comparePerformance(
  pair: RunPair,
  environments: { old: Environment; new: Environment },
  options: DiffOptions,
): DiffEntry[] {
  const { old, new: now } = pair;
  // What is missing or another configuration has been said about the metric already.
  if (old === null || now === null || pair.obstacle !== null) return [];
  const speed = compareSpeed(pair, old, now, environments, options);
  const memory = compareMemory(pair, old, now, environments);
  return [...speed === null ? [] : [speed], ...memory === null ? [] : [memory]];
}

interface Timing {
  seed: number;
  milliseconds: number;
  /** Relative spread of a single step, as one standard deviation. */
  spread: number;
}

/** A median absolute deviation times this is the standard deviation of a normal distribution. */
const madToDeviation = 1.4826;

function timingsOf(rows: RunGroup): Timing[] {
  return rows.flatMap(({ seed, status, performance: { stepMilliseconds: step } }) =>
    status === "completed" && step !== null && step.median > 0
      ? [{ seed, milliseconds: step.median, spread: madToDeviation * step.spread / step.median }]
      : []
  );
}

function compareSpeed(
  pair: RunPair,
  oldRows: RunGroup,
  newRows: RunGroup,
  environments: { old: Environment; new: Environment },
  options: DiffOptions,
): DiffEntry | null {
  const [old, now] = [timingsOf(oldRows), timingsOf(newRows)];
  if (old.length === 0 || now.length === 0) return null;
  const subject: DiffSubject = {
    kind: "speed",
    task: pair.task,
    model: pair.model,
    metric: "step time",
    split: null,
    setting: null,
    unit: "ms",
    higherIsBetter: false,
    relative: true,
  };
  const sides = { old: sideOf(old), new: sideOf(now) };
  const work = (row: ResultRow) => `${row.batchSize} x ${row.sequenceLength}`;
  const obstacle = machineObstacle(environments.old, environments.new) ??
    (work(oldRows[0]) === work(newRows[0])
      ? null
      : `batch ${work(oldRows[0])} → ${work(newRows[0])}`);
  if (obstacle !== null) return incomparable(subject, obstacle, sides);
  const logs = (timings: readonly Timing[]): Sample[] =>
    timings.map(({ seed, milliseconds }) => ({ seed, value: Math.log(milliseconds) }));
  const comparison = compareSamples(logs(old), logs(now), options.alpha) ??
    compareSpread(old[0], now[0]);
  const ratio = (value: number) => Math.exp(value) - 1;
  const difference = ratio(comparison.difference);
  const { interval } = comparison;
  return {
    ...subject,
    ...sides,
    verdict: judge(difference, comparison.significant, false, minimumSpeedEffect),
    reason: comparison.note,
    difference,
    interval: interval === null ? null : { low: ratio(interval.low), high: ratio(interval.high) },
    pValue: comparison.pValue,
    method: comparison.method,
    minimumEffect: minimumSpeedEffect,
  };
}

/** Two single runs: the medians must lie further apart than single steps scatter (95 %). */
function compareSpread(old: Timing, now: Timing): Comparison {
  const difference = Math.log(now.milliseconds / old.milliseconds);
  const margin = 1.96 * Math.hypot(old.spread, now.spread);
  return {
    method: "spread of steps",
    difference,
    interval: { low: difference - margin, high: difference + margin },
    pValue: null,
    significant: Math.abs(difference) > margin,
    note: "one run each",
  };
}

function sideOf(timings: readonly Timing[]): DiffSide {
  return {
    value: median(timings.map(({ milliseconds }) => milliseconds)),
    values: timings.map(({ seed, milliseconds }) => ({ seed, value: milliseconds })),
  };
}

function compareMemory(
  pair: RunPair,
  oldRows: RunGroup,
  newRows: RunGroup,
  environments: { old: Environment; new: Environment },
): DiffEntry | null {
  const bytesOf = (rows: RunGroup) =>
    rows.find((row) => row.performance.peakPlannedBytes !== null)?.performance.peakPlannedBytes;
  const [old, now] = [bytesOf(oldRows), bytesOf(newRows)];
  if (old === undefined || old === null || now === undefined || now === null) return null;
  const subject: DiffSubject = {
    kind: "memory",
    task: pair.task,
    model: pair.model,
    metric: "planned memory",
    split: null,
    setting: null,
    unit: "bytes",
    higherIsBetter: false,
    relative: true,
  };
  const side = (value: number): DiffSide => ({ value, values: [] });
  const sides = { old: side(old), new: side(now) };
  const classes = [environments.old.adapter.class, environments.new.adapter.class];
  if (classes[0] !== classes[1]) {
    return incomparable(subject, `adapter class ${classes.join(" → ")}`, sides);
  }
  if (oldRows[0].batchSize !== newRows[0].batchSize) {
    const sizes = `${oldRows[0].batchSize} → ${newRows[0].batchSize}`;
    return incomparable(subject, `batch size ${sizes}`, sides);
  }
  const difference = old === 0 ? 0 : now / old - 1;
  return {
    ...subject,
    ...sides,
    verdict: judge(difference, old !== now, false, minimumMemoryEffect),
    reason: old === now ? null : `${formatBytes(old)} → ${formatBytes(now)}`,
    difference,
    interval: null,
    pValue: null,
    method: "exact",
    minimumEffect: minimumMemoryEffect,
  };
}
