import type { Environment } from "../schema_environment.ts";
import type { KernelRow } from "../schema_kernel.ts";
import { mannWhitneyU } from "../significance.ts";
import { machineObstacle } from "./compare_performance.ts";
import { judge } from "./compare_samples.ts";
import {
  type DiffEntry,
  type DiffOptions,
  type DiffSubject,
  incomparable,
  minimumSpeedEffect,
} from "./diff_entry.ts";

/** Compares kernel times of the same kernel, shape and variant by rank tests on their samples. */
export function compareKernels(
  old: { kernels: readonly KernelRow[]; environment: Environment },
  now: { kernels: readonly KernelRow[]; environment: Environment },
  options: DiffOptions,
): DiffEntry[] {
  const left = new Map(old.kernels.map((row) => [identity(row), row]));
  const right = new Map(now.kernels.map((row) => [identity(row), row]));
  const obstacle = machineObstacle(old.environment, now.environment);
  return [...new Set([...left.keys(), ...right.keys()])].map((key) => {
    const [before, after] = [left.get(key), right.get(key)];
    const row = before ?? after;
    if (row === undefined) throw new Error("a kernel needs a side");
    const subject: DiffSubject = {
      kind: "kernel",
      task: Object.entries(row.shape).map(([name, size]) => `${name} ${size}`).join(", "),
      model: row.kernel,
      metric: `time (${row.variant})`,
      split: null,
      setting: null,
      unit: "ms",
      higherIsBetter: false,
      relative: true,
    };
    const side = (one: KernelRow | undefined) =>
      one === undefined ? null : { value: one.medianMilliseconds, values: [] };
    const sides = { old: side(before), new: side(after) };
    if (before === undefined || after === undefined) {
      const where = before === undefined ? "old" : "new";
      return incomparable(subject, `not in the ${where} result`, sides);
    }
    if (obstacle !== null) return incomparable(subject, obstacle, sides);
    const test = mannWhitneyU(after.samples, before.samples);
    const difference = after.medianMilliseconds / before.medianMilliseconds - 1;
    if (test === null || !Number.isFinite(difference)) {
      return incomparable(subject, "no time to compare with", sides);
    }
    return {
      ...subject,
      ...sides,
      verdict: judge(difference, test.pValue < options.alpha, false, minimumSpeedEffect),
      reason: null,
      difference,
      interval: null,
      pValue: test.pValue,
      method: "Mann-Whitney U",
      minimumEffect: minimumSpeedEffect,
    };
  });
}

function identity({ kernel, shape, variant }: KernelRow): string {
  return JSON.stringify([kernel, variant, Object.entries(shape)]);
}
