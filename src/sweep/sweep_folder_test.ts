import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../data/data_test_folder.ts";
import { expandJobs } from "./expand.ts";
import { checkName, latestSweep, openSweep, readSweep } from "./sweep_folder.ts";
import { setting, testPlan } from "./sweep_testing.ts";

Deno.test("the same plan continues a sweep, another one is refused and named", async () => {
  await withFolder(async (folder) => {
    const made = await openSweep(folder, "mine", testPlan());
    assert.deepEqual(made.jobs, expandJobs(testPlan()));
    assert.deepEqual(await openSweep(folder, "mine", testPlan()), made);
    const before = await Deno.readTextFile(join(folder, "sweep.json"));
    const other = testPlan({ seeds: [1], settings: [setting()], code: "1".repeat(64) });
    await assert.rejects(openSweep(folder, "mine", other), {
      name: "UserError",
      message: /with other --seeds, settings, the program's sources: give another --name/,
    });
    assert.equal(await Deno.readTextFile(join(folder, "sweep.json")), before);
  });
});

Deno.test("a flipped byte in the plan of a sweep is an error and deletes nothing", async () => {
  await withFolder(async (folder) => {
    await openSweep(folder, "mine", testPlan());
    const path = join(folder, "sweep.json");
    const damaged = (await Deno.readTextFile(path)).replace('"seed": 1', '"seed": 3');
    await Deno.writeTextFile(path, damaged);
    await assert.rejects(openSweep(folder, "mine", testPlan()), {
      name: "DamagedError",
      message: /damaged/,
    });
    assert.equal(await Deno.readTextFile(path), damaged);
  });
});

Deno.test("the latest sweep is the one whose folder changed last", async () => {
  await withFolder(async (folder) => {
    const sweeps = join(folder, "sweeps");
    await assert.rejects(latestSweep(sweeps), { name: "UserError", message: /no sweeps yet/ });
    for (const [name, time] of [["b", 30], ["a", 10], ["none", 50]] as const) {
      await Deno.mkdir(join(sweeps, name), { recursive: true });
      if (name !== "none") await openSweep(join(sweeps, name), name, testPlan());
      await Deno.utime(join(sweeps, name), time, time);
    }
    assert.equal(await latestSweep(sweeps), "b");
    assert.equal(await readSweep(join(sweeps, "none")), undefined);
  });
});

Deno.test("a name of a sweep is the name of a folder, not a path", () => {
  assert.equal(checkName("lm-quick_2.b"), "lm-quick_2.b");
  for (const name of ["", "..", "../x", "a/b", ".hidden", "-x", "a\x1b[2J", "x".repeat(101)]) {
    assert.throws(() => checkName(name), { name: "UserError" }, name);
  }
});
