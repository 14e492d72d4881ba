import assert from "node:assert/strict";
import { join } from "node:path";
import { type BenchPlan, savePlan } from "./bench_plan.ts";
import { resumedData } from "./resumed_data.ts";

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

Deno.test("a resumed run may read the data folder that it was started with", async () => {
  const results = await Deno.makeTempDir();
  try {
    await savePlan(join(results, "mine.run"), plan);
    const expected = ["--data", "/far/away"];
    for (
      const args of [
        ["--resume", "mine.json"],
        ["--resume=mine.run"],
        ["--resume"],
        ["--resume", "--verbose"],
      ]
    ) {
      assert.deepEqual(await resumedData(args, results, results), expected, args.join(" "));
    }
    assert.deepEqual(await resumedData(["--suite", "lra"], results, results), []);
    assert.deepEqual(await resumedData(["--resume", "other.json"], results, results), []);
    assert.deepEqual(await resumedData(["--resume"], results, join(results, "none")), []);
    await savePlan(join(results, "mine.run"), { ...plan, dataDir: null });
    assert.deepEqual(await resumedData(["--resume"], results, results), []);
  } finally {
    await Deno.remove(results, { recursive: true });
  }
});
