import assert from "node:assert/strict";
import { join } from "node:path";
import { sha256Hex } from "../util/sha256.ts";
import { type BenchPlan, type BenchRecord, runName, saveRun } from "./bench_plan.ts";
import { resumedRun } from "./resumed_run.ts";

const plan: BenchPlan = {
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
  learningRate: null,
  learningRates: [],
  carryState: false,
};

const record = (output: string, dataDir: string | null): BenchRecord => ({
  plan: { ...plan, dataDir },
  cells: "/somewhere/cells",
  output,
  code: sha256Hex("the sources"),
  commit: null,
  startedAt: new Date().toISOString(),
  result: null,
  began: [],
});

Deno.test("a resumed run has the data folder, the profile and the places that it was started with", async () => {
  const results = await Deno.makeTempDir();
  try {
    const mine = record(join(results, "mine.json"), "/far/away");
    await saveRun(results, mine);
    const expected = {
      data: "/far/away",
      profile: "smoke",
      suite: "lra",
      tasks: ["text"],
      writes: ["/somewhere/cells", results],
    };
    for (
      const args of [
        ["--resume", "mine.json"],
        [`--resume=${runName(mine)}`],
        ["--resume"],
        ["--resume", "--verbose"],
      ]
    ) {
      assert.deepEqual(await resumedRun(args, results, results), expected, args.join(" "));
    }
    assert.equal(await resumedRun(["--suite", "lra"], results, results), undefined);
    assert.equal(await resumedRun(["--resume", "other.json"], results, results), undefined);
    assert.equal(await resumedRun(["--resume"], results, join(results, "none")), undefined);
    const other = { ...record(join(results, "o.json"), null), startedAt: "2999-01-01T00:00:00Z" };
    await saveRun(results, other);
    assert.equal((await resumedRun(["--resume"], results, results))?.data, null);
  } finally {
    await Deno.remove(results, { recursive: true });
  }
});
