import { lraTasks } from "../../data/lra_tasks.ts";
import { aggregateRows } from "../aggregate.ts";
import { fixtureKernelRow, fixtureResult, fixtureRow } from "../result_fixture.ts";
import type { Result } from "../schema.ts";
import type { ResultRow } from "../schema_row.ts";

/** Invented level (share of right answers) and step time of each model, for tests only. */
const models: readonly [name: string, level: number, milliseconds: number, growth: number][] = [
  ["transformer", 0.45, 120, 1.9],
  ["s4", 0.62, 48, 1.05],
  ["s4d-legs", 0.61, 39, 1.03],
  ["mega", 0.7, 84, 1.7],
  ["mega-chunk", 0.66, 57, 1.01],
];

/** Repeatable noise in -1 to 1 (a hash of its arguments). */
function noise(...keys: number[]): number {
  let state = 2166136261;
  for (const key of keys) state = Math.imul(state ^ key, 16777619) ^ (state >>> 13);
  state = Math.imul(state ^ (state >>> 16), 2246822507);
  return ((state >>> 0) / 2 ** 31) - 1;
}

function curves(row: ResultRow, level: number, m: number, seed: number): void {
  const points = 60;
  const at = (i: number) => Math.round(i * row.updates / points);
  const learnt = (i: number) => level * (1 - Math.exp(-3.2 * i / points)) + 0.1;
  row.curve = Array.from({ length: points + 1 }, (_, i) => ({
    step: at(i),
    loss: 2.3 * (1 - 0.8 * learnt(i)) + 0.05 * noise(i, m, seed),
    score: Math.min(1, Math.max(0, learnt(i) + 0.03 * noise(i, m, seed, 7))),
    learningRate: 1e-3 * Math.min(1, i / 6) * (1 - i / (points + 1)),
    gradientNorm: 1 + 0.2 * noise(i, seed),
  }));
  row.validationCurve = Array.from({ length: 12 }, (_, i) => {
    const k = (i + 1) * points / 12;
    return {
      step: at(k),
      loss: 2.3 * (1 - 0.78 * learnt(k)) + 0.02 * noise(k, m, seed, 3),
      score: Math.min(1, Math.max(0, learnt(k) - 0.02 + 0.015 * noise(k, m, seed, 5))),
    };
  });
}

/** A Long Range Arena result of invented numbers: six tasks, five models, seeds as given. */
export function fixtureArena(seeds: readonly number[] = [1, 2, 3]): Result {
  const rows = lraTasks.flatMap((task, t) =>
    models.flatMap(([model, level, milliseconds], m) =>
      seeds.map((seed) => {
        const failing = task === "pathx" && model === "transformer";
        const share = failing ? 0.5 : Math.min(0.97, level + 0.05 * t - 0.02);
        const row = fixtureRow({
          task,
          model,
          seed,
          correct: Math.round(2000 * (share + 0.008 * noise(t, m, seed))),
          parameterCount: 98_000 + 1000 * m,
        });
        curves(row, share - 0.1, 10 * m + t, seed);
        row.performance.stepMilliseconds = { median: milliseconds * (1 + t / 4), spread: 1 };
        row.performance.tokensPerSecond = 4096e3 / (milliseconds * (1 + t / 4));
        row.performance.peakPlannedBytes = Math.round(2e6 * milliseconds ** 0.8);
        return row;
      })
    )
  );
  const diverged = rows.find(({ task, model }) => task.name === "image" && model.name === "mega");
  if (diverged !== undefined) {
    diverged.status = "diverged";
    diverged.reason = "loss is not finite at step 430";
    diverged.updatesDone = 430;
    diverged.metrics = [];
  }
  const result = fixtureResult(rows);
  return { ...result, aggregate: aggregateRows(rows) };
}

/** An efficiency result of invented numbers: five models at 1K to 4K. */
export function fixtureEfficiency(): Result {
  const rows = models.flatMap(([model, , milliseconds, growth]) =>
    [1024, 2048, 3072, 4096].map((length) => {
      const row = fixtureRow({ task: "text", model, correct: null });
      const scale = (length / 1024) ** growth;
      row.sequenceLength = length;
      row.batchSize = 4;
      row.performance.stepMilliseconds = { median: milliseconds * scale, spread: 1 };
      row.performance.peakPlannedBytes = Math.round(3e5 * milliseconds * scale);
      return row;
    })
  );
  return { ...fixtureResult(rows), suite: "efficiency" };
}

/** A kernels result of invented numbers. */
export function fixtureKernels(): Result {
  return { ...fixtureResult([]), suite: "kernels", kernels: [fixtureKernelRow()] };
}
