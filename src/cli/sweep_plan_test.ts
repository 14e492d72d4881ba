import assert from "node:assert/strict";
import { withFolder } from "../data/data_test_folder.ts";
import { expandJobs } from "../sweep/expand.ts";
import { setting } from "../sweep/sweep_testing.ts";
import { runCommand } from "./command_testing.ts";
import { sweepPlanOf, type SweepRequest } from "./sweep_plan.ts";

const place = { data: undefined, cells: "/cells", code: "0".repeat(64) };
const planOf = (request: Partial<SweepRequest>) =>
  sweepPlanOf({ profile: "smoke", seeds: [1], ...request }, place);

Deno.test("tasks and models of a sweep are those of its suite", () => {
  const plan = planOf({ task: ["characters", "words"], model: ["mega"], learningRate: [0.01] });
  assert.equal(plan.suite, "lm");
  assert.deepEqual(plan.runs, [
    { task: "characters", model: "mega" },
    { task: "words", model: "mega" },
  ]);
  assert.deepEqual(plan.settings, [setting({ learningRate: 0.01 })]);
  assert.equal(expandJobs(plan).length, 2);
});

Deno.test("a sweep of nothing but seeds has the profile's setting", () => {
  assert.deepEqual(planOf({ task: ["listops"], model: ["mega"] }).settings, [setting()]);
});

Deno.test("whole settings replace the grid, and are not mixed with it", () => {
  const texts = ["learning-rate=1e-2 batch-size=16", "learning-rate=5e-3"];
  assert.deepEqual(planOf({ task: ["listops"], setting: texts }).settings, [
    setting({ learningRate: 0.01, batchSize: 16 }),
    setting({ learningRate: 0.005 }),
  ]);
  assert.throws(() => planOf({ setting: texts, updates: [5] }), {
    name: "UserError",
    message: /use one of both/,
  });
});

Deno.test("unknown names are refused as in bench", () => {
  for (const request of [{ suite: "constructor" }, { task: ["zzz"] }, { model: ["constructor"] }]) {
    assert.throws(() => planOf(request), { name: "UserError" }, JSON.stringify(request));
  }
  assert.throws(() => planOf({ task: ["listops"], carryState: true }), { name: "UserError" });
});

Deno.test("--dry-run prints the jobs and leaves nothing behind; errors are one line", async () => {
  await withFolder(async (folder) => {
    const grid = ["--learning-rate", "5e-3,1e-2", "--seeds", "2", "--cells", folder];
    const choice = ["--task", "characters", "--model", "mega"];
    const common = ["sweep", ...choice, "--output", `${folder}/r.json`];
    const dry = await runCommand(folder, [...common, ...grid, "--dry-run"], "", true);
    assert.equal(dry.code, 0, dry.stderr);
    const lines = dry.stdout.trimEnd().split("\n");
    assert.equal(lines.length, 5);
    assert.match(lines[1], / cell --job .*\/jobs\/0 .*--seeds 1, --learning-rate 0\.005 /);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    const many = await runCommand(folder, [...common, "--seeds", "1000000000"], "", true);
    assert.equal(many.code, 2);
    assert.match(many.stderr, /whole number from 1 to 10000\b/);
    const adapter = await runCommand(folder, [...common, "--adapter", "1"], "", true);
    assert.deepEqual([adapter.code, adapter.stderr.split("\n").length], [2, 2]);
  });
});
