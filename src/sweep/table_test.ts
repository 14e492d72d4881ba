import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { setting, testJobs, testPlan, testView } from "./sweep_testing.ts";
import { sweepTable, type TableOptions } from "./table.ts";
import type { JobView } from "./views.ts";

const progress = (update: number) => ({
  ...{ update, updates: 500, loss: 1.234567, tokensPerSecond: 1200, secondsLeft: 83 },
  score: { name: "bits-per-character", unit: "bits per character", value: 2.345 },
  at: "2026-01-01T00:00:00.000Z",
});
const jobs = testJobs(8);
const views: JobView[] = [
  testView(jobs[0], { phase: "done", progress: progress(500), seconds: 123 }),
  testView(jobs[1], { phase: "diverged", progress: progress(33), seconds: 12 }),
  testView(jobs[2], { phase: "running", progress: progress(225) }),
  testView(jobs[3], { phase: "running", progress: progress(5), place: "node17" }),
  testView(jobs[4], {
    phase: "failed",
    reason: "/data/x: missing\x1b[2J: run deno task data fetch",
  }),
  testView(jobs[5]),
  testView(jobs[6]),
  testView(jobs[7], { phase: "locked", reason: "another process works on it" }),
];
const options: TableOptions = {
  ...{ name: "lm-quick-0123456789", plan: testPlan(), processes: 2 },
  ...{ width: 100, height: Infinity, colour: false },
};
const lines = (changes: Partial<TableOptions>, of = views) =>
  sweepTable(of, { ...options, ...changes }).split("\n");

Deno.test("the table at 60 columns", () => {
  assert.deepEqual(lines({ width: 60 }), [
    "sweep lm-quick-0123456789: 1 of 8 done, 3 min 23 s left, 2",
    "running, 1 failed, 1 locked, 2 waiting, 1 diverged",
    "",
    "Task        Model         Rate  Seed  State         %",
    "─────────────────────────────────────────────────────",
    "characters  mega         0.005     1  done      100 %",
    "characters  mega          0.01     1  diverged    6 %",
    "characters  transformer  0.005     1  running    45 %",
    "characters  transformer   0.01     1  running     1 %",
    "characters  mega         0.005     2  failed",
    "characters  mega          0.01     2  waiting",
    "characters  transformer  0.005     2  waiting",
    "characters  transformer   0.01     2  locked",
    "─────────────────────────────────────────────────────",
    "characters mega, learning-rate 0.005, seed 2, failed: /dat…",
    "characters transformer, learning-rate 0.01, seed 2, locked…",
  ]);
});

Deno.test("the table at 100 columns, of a terminal of 14 lines", () => {
  assert.deepEqual(lines({ height: 14 }), [
    "sweep lm-quick-0123456789: 1 of 8 done, 3 min 23 s left, 2 running, 1 failed, 1 locked, 2 waiting,",
    "1 diverged",
    "",
    "Task        Model         Rate  Seed  State                   %   Loss  Score             Time",
    "──────────────────────────────────────────────────────────────────────────────────────────────",
    "characters  transformer  0.005     1  running  ━━━━──────  45 %  1.235  2.345  1 min 23 s left",
    "characters  transformer   0.01     1  running  ──────────   1 %  1.235  2.345  1 min 23 s left",
    "characters  mega         0.005     2  failed",
    "characters  mega          0.01     2  waiting",
    "characters  transformer   0.01     2  locked",
    "──────────────────────────────────────────────────────────────────────────────────────────────",
    "and 1 waiting, 1 diverged, 1 done",
    "characters mega, learning-rate 0.005, seed 2, failed: /data/x: missing�[2J: run deno task data fet…",
    "characters transformer, learning-rate 0.01, seed 2, locked: another process works on it",
  ]);
});

Deno.test("the table at 160 columns", () => {
  assert.deepEqual(lines({ width: 160 }).slice(2, 9), [
    "Task        Model         Rate  Seed  State     On                      %   Loss  Score             Time",
    "────────────────────────────────────────────────────────────────────────────────────────────────────────",
    "characters  mega         0.005     1  done              ━━━━━━━━━━  100 %  1.235  2.345       2 min 03 s",
    "characters  mega          0.01     1  diverged          ──────────    6 %  1.235  2.345             12 s",
    "characters  transformer  0.005     1  running           ━━━━──────   45 %  1.235  2.345  1 min 23 s left",
    "characters  transformer   0.01     1  running   node17  ──────────    1 %  1.235  2.345  1 min 23 s left",
    "characters  mega         0.005     2  failed",
  ]);
});

Deno.test("no line is longer than the terminal and no table higher, however small it is", () => {
  for (const colour of [false, true]) {
    for (const width of [20, 40, 60, 80, 100, 160]) {
      for (const height of [10, 15, 30]) {
        const drawn = lines({ width, height, colour }).map(stripVTControlCharacters);
        assert.ok(drawn.length <= height, `${drawn.length} of ${height}`);
        assert.ok(drawn.every((line) => line.length < width), `${width}`);
      }
    }
  }
});

Deno.test("states have colours where the terminal has them", () => {
  const text = sweepTable(views, { ...options, colour: true });
  assert.ok(text.includes("\x1b[32mrunning"));
  assert.ok(text.includes("\x1b[33mfailed"));
});

Deno.test("settings that do not vary have no column; those that do have one each", () => {
  const header = (settings: TableOptions["plan"]["settings"]) => lines({ plan: { settings } })[3];
  assert.match(header([setting({ updates: 5 })]), /^Task +Model +Seed/);
  const two = [setting({ updates: 5, batchSize: 8 }), setting({ updates: 6 })];
  assert.match(header(two), /^Task +Model +Batch +Updates +Seed/);
});

Deno.test("a hundred thousand jobs are drawn in a moment", () => {
  const many = Array.from(
    { length: 100_000 },
    (_, index) =>
      testView({ ...jobs[0], index }, index % 3 === 0 ? { phase: "done", seconds: 5 } : {}),
  );
  const begin = performance.now();
  assert.equal(lines({ height: 30 }, many).length, 30);
  // Time that grows with their square would be minutes.
  assert.ok(performance.now() - begin < 10_000);
});
