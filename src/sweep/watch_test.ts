import assert from "node:assert/strict";
import { join } from "node:path";
import { progressFormat } from "../cells/cell_files.ts";
import { withFolder } from "../data/data_test_folder.ts";
import { FolderLock } from "../util/folder_lock.ts";
import { hostName } from "../util/host_name.ts";
import { writeSealed } from "../util/sealed_file.ts";
import { jobFolder, openSweep } from "./sweep_folder.ts";
import { testPlan, writeJob } from "./sweep_testing.ts";
import { SweepReader } from "./watch.ts";

Deno.test("a watcher sees what the jobs say, and writes nothing", async () => {
  await withFolder(async (folder) => {
    const record = await openSweep(folder, "s", testPlan());
    const own = { host: "here" };
    await writeJob(jobFolder(folder, 0), { ...own, state: "completed" });
    await writeJob(jobFolder(folder, 1), { ...own, state: "diverged", reason: "loss is NaN" });
    await writeJob(jobFolder(folder, 2), { ...own, state: "running" });
    await writeSealed(join(jobFolder(folder, 2), "cell", "progress.json"), progressFormat, {
      ...{ update: 3, updates: 9, loss: null, tokensPerSecond: null, secondsLeft: 4 },
      score: { name: "accuracy", unit: "fraction", value: null },
      at: new Date().toISOString(),
    });
    await writeJob(jobFolder(folder, 3), { host: "there", state: "running" });
    await writeJob(jobFolder(folder, 4), { ...own, state: "failed", reason: "no data" });
    await writeJob(jobFolder(folder, 5), { ...own, state: "interrupted" });
    await writeJob(jobFolder(folder, 6), { ...own, state: "completed" });
    await Deno.remove(join(jobFolder(folder, 6), "cell", "row.json"));
    const reader = new SweepReader(folder, record, "here");
    const views = await reader.views(true);
    assert.deepEqual(views.map(({ phase }) => phase), [
      ...["done", "diverged", "running", "running", "failed", "waiting", "waiting", "waiting"],
    ]);
    assert.equal(views[2].progress?.update, 3);
    assert.deepEqual(views.map(({ place }) => place).slice(2, 4), [null, "there"]);
    assert.equal(views[4].reason, "no data");
    const left = (await reader.views(false)).map(({ phase }) => phase);
    assert.deepEqual(left.slice(2, 6), ["interrupted", "interrupted", "failed", "interrupted"]);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).toSorted(), [
      ...["jobs", "sweep.json"],
    ]);
  });
});

Deno.test("a sweep is active while a process has its lock", async () => {
  await withFolder(async (folder) => {
    const record = await openSweep(folder, "s", testPlan());
    const reader = new SweepReader(folder, record, await hostName());
    assert.equal(await reader.isActive(), false);
    {
      await using _lock = await FolderLock.acquire(folder);
      assert.equal(await reader.isActive(), true);
    }
    assert.equal(await reader.isActive(), false);
  });
});

Deno.test("a lock of another machine counts as held while its file changes", async () => {
  await withFolder(async (folder) => {
    const record = await openSweep(folder, "s", testPlan());
    const path = join(folder, "lock-1.json");
    const holder = { state: "held", host: "there", pid: 5, token: "t", kept: false };
    await Deno.writeTextFile(
      path,
      JSON.stringify({ ...holder, startedAt: "2026-01-02T03:04:05.000Z" }),
    );
    let time = 0;
    const reader = new SweepReader(folder, record, "here", () => time);
    assert.equal(await reader.isActive(), true);
    time = 50_000;
    await Deno.utime(path, 1000, 1000);
    assert.equal(await reader.isActive(), true);
    time = 100_000;
    assert.equal(await reader.isActive(), true);
    time = 111_000;
    assert.equal(await reader.isActive(), false);
  });
});

Deno.test("the lock of a process of this machine that was killed is no sign of life", async () => {
  await withFolder(async (folder) => {
    const record = await openSweep(folder, "s", testPlan());
    const holder = { state: "held", host: "here", pid: 5, token: "t", kept: true };
    await Deno.writeTextFile(
      join(folder, "lock-1.json"),
      JSON.stringify({ ...holder, startedAt: "2026-01-02T03:04:05.000Z" }),
    );
    assert.equal(await new SweepReader(folder, record, "here").isActive(), false);
  });
});
