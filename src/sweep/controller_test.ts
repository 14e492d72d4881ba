import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../data/data_test_folder.ts";
import { UserError } from "../errors.ts";
import { Controller, type ControllerOptions } from "./controller.ts";
import { logPath } from "./executor.ts";
import { type FakeEnd, FakeExecutor, testJobs, writeJob } from "./sweep_testing.ts";
import type { JobView } from "./views.ts";

const done: FakeEnd = { code: 0, record: { state: "completed" } };

/** A controller of `count` jobs whose time goes by as it looks at the clock. */
function controllerOf(
  folder: string,
  count: number,
  executor: FakeExecutor,
  changes: Partial<ControllerOptions> = {},
): Controller {
  let time = 0;
  return new Controller({
    jobs: testJobs(count),
    executor,
    retries: 2,
    folderOf: ({ index }) => join(folder, String(index)),
    runOf: ({ index }, attempt) => {
      const own = join(folder, String(index));
      return { index, attempt, folder: own, log: logPath(own, attempt), argv: [], environment: {} };
    },
    signal: new AbortController().signal,
    onViews: () => {},
    now: () => time += 200,
    interval: 0,
    ...changes,
  });
}

const phases = (views: readonly JobView[]) => views.map(({ phase }) => phase).join(" ");

Deno.test("jobs run in order, no more at a time than the executor takes", async () => {
  await withFolder(async (folder) => {
    const executor = new FakeExecutor(2, () => done);
    const views = await controllerOf(folder, 5, executor).run();
    assert.equal(phases(views), "done done done done done");
    assert.deepEqual(executor.submitted.flat(), [0, 1, 2, 3, 4]);
    assert.equal(executor.most, 2);
    assert.ok(executor.closed && !executor.cancelled);
  });
});

Deno.test("an executor that queues by itself gets all jobs in one go", async () => {
  await withFolder(async (folder) => {
    const executor = new FakeExecutor(Infinity, () => done);
    await controllerOf(folder, 4, executor).run();
    assert.deepEqual(executor.submitted, [[0, 1, 2, 3]]);
  });
});

Deno.test("a job that fails does not stop the others and is not tried again", async () => {
  await withFolder(async (folder) => {
    const failed: FakeEnd = { code: 2, record: { state: "failed", reason: "no data" } };
    const executor = new FakeExecutor(1, (index) => index === 0 ? failed : done);
    const views = await controllerOf(folder, 3, executor).run();
    assert.equal(phases(views), "failed done done");
    assert.equal(views[0].reason, "no data");
    assert.deepEqual(executor.submitted.flat(), [0, 1, 2]);
  });
});

Deno.test("a job that was killed or locked is tried again, and given up after the retries", async () => {
  await withFolder(async (folder) => {
    const script = (index: number, attempt: number): FakeEnd | undefined => {
      if (index === 0) return attempt < 3 ? { code: null, reason: "ended by SIGKILL" } : done;
      if (index === 1) return { code: 143 };
      return { code: 75, record: { state: "failed", reason: "locked by process 5" } };
    };
    const executor = new FakeExecutor(3, script);
    const views = await controllerOf(folder, 3, executor).run();
    assert.equal(phases(views), "done interrupted locked");
    assert.equal(views[2].reason, "locked by process 5");
    const attempts = (index: number) =>
      executor.submitted.flat().filter((one) => one === index).length;
    assert.deepEqual([0, 1, 2].map(attempts), [3, 3, 3]);
  });
});

Deno.test("every attempt has a log of its own, also those of an earlier controller", async () => {
  await withFolder(async (folder) => {
    const killed: FakeEnd = { code: null };
    await controllerOf(folder, 1, new FakeExecutor(1, () => killed), { retries: 0 }).run();
    await controllerOf(folder, 1, new FakeExecutor(1, () => done)).run();
    const names = [...Deno.readDirSync(join(folder, "0"))].map(({ name }) => name).toSorted();
    assert.deepEqual(names, ["cell", "job.json", "log-1.txt", "log-2.txt"]);
  });
});

Deno.test("finished jobs do not run again, unless their row is gone", async () => {
  await withFolder(async (folder) => {
    await writeJob(join(folder, "0"), { state: "completed" });
    await writeJob(join(folder, "1"), { state: "diverged", reason: "loss is NaN" });
    await writeJob(join(folder, "2"), { state: "completed" });
    await Deno.remove(join(folder, "2", "cell", "row.json"));
    await writeJob(join(folder, "3"), { state: "failed", reason: "disk full" });
    await Deno.writeTextFile(join(folder, "3", "job.json"), "{");
    const executor = new FakeExecutor(1, () => done);
    const views = await controllerOf(folder, 4, executor).run();
    assert.equal(phases(views), "done diverged done done");
    assert.deepEqual(executor.submitted.flat(), [2, 3]);
  });
});

Deno.test("attempts that an earlier controller handed over are followed, not repeated", async () => {
  await withFolder(async (folder) => {
    const own = join(folder, "1");
    await Deno.mkdir(own);
    const run = { index: 1, attempt: 4, folder: own, log: logPath(own, 4), argv: [] };
    const executor = new FakeExecutor(2, () => done, [{ ...run, environment: {} }]);
    const views = await controllerOf(folder, 2, executor).run();
    assert.equal(phases(views), "done done");
    assert.deepEqual(executor.submitted.flat(), [0]);
  });
});

Deno.test("an interrupted sweep ends its jobs, keeps those that ended well, starts no more", async () => {
  await withFolder(async (folder) => {
    const end = new AbortController();
    const executor = new FakeExecutor(2, (index) => index === 0 ? done : undefined);
    const views = await controllerOf(folder, 5, executor, {
      signal: end.signal,
      onViews: (views) => {
        if (views[2].phase === "running") end.abort();
      },
    }).run();
    assert.equal(phases(views), "done interrupted interrupted waiting waiting");
    assert.ok(executor.cancelled && executor.closed);
  });
});

Deno.test("a controller whose lock was taken over ends its jobs", async () => {
  await withFolder(async (folder) => {
    const executor = new FakeExecutor(1, () => undefined);
    const taken = new UserError("taken over by process 5");
    const controller = controllerOf(folder, 1, executor, { check: () => Promise.reject(taken) });
    await assert.rejects(controller.run(), taken);
    assert.ok(executor.cancelled && executor.closed);
  });
});
