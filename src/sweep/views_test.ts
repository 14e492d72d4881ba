import assert from "node:assert/strict";
import { testJobs, testView } from "./sweep_testing.ts";
import { countPhases, estimateSecondsLeft } from "./views.ts";

const progress = (update: number, secondsLeft: number | null) => ({
  ...{ update, updates: 100, loss: 1, tokensPerSecond: 1, secondsLeft },
  score: { name: "accuracy", unit: "fraction", value: 0.5 },
  at: "2026-01-01T00:00:00.000Z",
});
// Of mega with both settings, then of transformer with both.
const [mega, mega2, transformer, transformer2] = testJobs(4);

Deno.test("nothing is estimated before anything shows how long a job takes", () => {
  assert.equal(estimateSecondsLeft([testView(mega), testView(mega2)], 1), null);
  const begun = testView(mega, { phase: "running" });
  assert.equal(estimateSecondsLeft([begun, testView(mega2)], 1), null);
});

Deno.test("waiting jobs take what finished ones of the same model took, shared among processes", () => {
  const views = [
    testView(mega, { phase: "done", seconds: 100 }),
    testView(mega2),
    testView(transformer, { phase: "done", seconds: 40 }),
    testView(transformer2),
  ];
  assert.equal(estimateSecondsLeft(views, 1), 140);
  assert.equal(estimateSecondsLeft(views, 2), 100);
  assert.equal(estimateSecondsLeft(views, Infinity), 100);
});

Deno.test("a running job that is a quarter done shows how long the others take", () => {
  const running = testView(mega, { phase: "running", progress: progress(25, 30) });
  assert.equal(estimateSecondsLeft([running, testView(mega2)], 1), 30 + 40);
  assert.equal(estimateSecondsLeft([running, testView(mega2)], null), 30 + 40);
});

Deno.test("finished and failed jobs take no more time", () => {
  const views = [
    testView(mega, { phase: "done", seconds: 9 }),
    testView(mega2, { phase: "failed" }),
  ];
  assert.equal(estimateSecondsLeft(views, 2), 0);
  assert.deepEqual(countPhases(views), {
    ...{ waiting: 0, running: 0, done: 1, diverged: 0, failed: 1, interrupted: 0, locked: 0 },
  });
});
