import assert from "node:assert/strict";
import { join } from "node:path";
import { type BenchPlan, savePlan } from "./bench_plan.ts";
import { resumedRun } from "./resumed_run.ts";

const plan: BenchPlan = {
  format: "mega-webgpu/bench-plan-4",
  suite: "lra",
  profile: "smoke",
  tasks: ["text"],
  models: ["mega"],
  seeds: [1],
  batchSize: null,
  updates: null,
  dataDir: "/far/away",
  leaveOut: false,
  direction: null,
  averagedModels: null,
  scheduleOf: null,
  learningRates: [],
  carryState: false,
};

Deno.test("a resumed run has the data folder, the profile and the place that it was started with", async () => {
  const results = await Deno.makeTempDir();
  try {
    await savePlan(join(results, "mine.run"), plan);
    const expected = {
      data: "/far/away",
      profile: "smoke",
      suite: "lra",
      tasks: ["text"],
      writes: [results],
    };
    for (
      const args of [
        ["--resume", "mine.json"],
        ["--resume=mine.run"],
        ["--resume"],
        ["--resume", "--verbose"],
      ]
    ) {
      assert.deepEqual(await resumedRun(args, results, results), expected, args.join(" "));
    }
    assert.equal(await resumedRun(["--suite", "lra"], results, results), undefined);
    assert.equal(await resumedRun(["--resume", "other.json"], results, results), undefined);
    assert.equal(await resumedRun(["--resume"], results, join(results, "none")), undefined);
  } finally {
    await Deno.remove(results, { recursive: true });
  }
});
