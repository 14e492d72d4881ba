import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { withFolder } from "../data/data_test_folder.ts";
import { logPath } from "./executor.ts";
import { readJob } from "./job_files.ts";
import { LocalExecutor } from "./local_executor.ts";

const program = fileURLToPath(new URL("./controller_testing.ts", import.meta.url));

/** Starts a controller of jobs that behave so. */
function start(folder: string, processes: number, behaviours: readonly string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", program, folder, String(processes), ...behaviours],
    env: { LD_LIBRARY_PATH: "/nowhere" },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  return { child, lines: linesOf(child.stdout) };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

async function lastLine(lines: AsyncGenerator<string>): Promise<string> {
  let last = "";
  for await (const line of lines) last = line;
  return last;
}

/** Whether a process is there. */
async function isAlive(pid: number): Promise<boolean> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", 'kill -0 "$1"', "sh", String(pid)],
    stderr: "null",
  }).output();
  return success;
}

async function pidsOf(folder: string, count: number): Promise<number[]> {
  const reports = Array.from({ length: count }, (_, i) => readJob(join(folder, "jobs", `${i}`)));
  return (await Promise.all(reports)).flatMap(({ record }) => record?.pid ?? []);
}

Deno.test("processes run jobs to their ends, with their output in logs and without LD_ variables", async () => {
  await withFolder(async (folder) => {
    const { child, lines } = start(folder, 4, ["done", "diverged", "fail", "die"]);
    assert.equal(await lastLine(lines), "done diverged failed interrupted");
    assert.equal((await child.status).code, 0);
    const log = await Deno.readTextFile(join(folder, "jobs/0/log-1.txt"));
    assert.match(log, /out of done/);
    assert.match(log, /err of done, LD_LIBRARY_PATH unset/);
    const attempts = (index: number) =>
      [...Deno.readDirSync(join(folder, `jobs/${index}`))]
        .filter(({ name }) => name.startsWith("log-")).length;
    assert.deepEqual([0, 1, 2, 3].map(attempts), [1, 1, 1, 2]);
  });
});

Deno.test("SIGTERM ends a sweep and its jobs, which keep what they have", async () => {
  await withFolder(async (folder) => {
    const { child, lines } = start(folder, 2, ["wait", "wait"]);
    await lines.next();
    const pids = await pidsOf(folder, 2);
    assert.deepEqual(await Promise.all(pids.map(isAlive)), [true, true]);
    const begin = performance.now();
    child.kill("SIGTERM");
    assert.equal(await lastLine(lines), "interrupted interrupted");
    assert.equal((await child.status).code, 143);
    assert.ok(performance.now() - begin < 5000);
    assert.deepEqual(await Promise.all(pids.map(isAlive)), [false, false]);
    const { record } = await readJob(join(folder, "jobs/0"));
    assert.equal(record?.state, "interrupted");
  });
});

Deno.test("a job ends with its process, though something that it started has its output open", async () => {
  await withFolder(async (folder) => {
    const executor = new LocalExecutor({ processes: 1, adapters: [], root: folder });
    const log = logPath(folder, 1);
    const argv = ["/bin/sh", "-c", "sleep 60 & echo $!; exit 2"];
    await executor.submit([{ index: 0, attempt: 1, folder, log, argv, environment: {} }]);
    const begin = performance.now();
    while ((await executor.poll()).get(0)?.kind !== "ended") await sleep(10);
    assert.ok(performance.now() - begin < 30_000);
    Deno.kill(Number(await Deno.readTextFile(log)));
    // Its output is read to the end then.
    await sleep(300);
  });
});

Deno.test("processes take turns with adapters", async () => {
  await withFolder(async (folder) => {
    const adapters = [{ CARD: "a" }, { CARD: "b" }];
    const executor = new LocalExecutor({ processes: 3, adapters, root: folder });
    const runs = [0, 1, 2].map((index) => ({
      ...{ index, attempt: 1, folder, log: join(folder, `${index}.txt`), environment: { X: "1" } },
      argv: ["/bin/sh", "-c", "echo $X$CARD"],
    }));
    await executor.submit(runs);
    while ([...(await executor.poll()).values()].some(({ kind }) => kind !== "ended")) {
      await sleep(10);
    }
    const texts = await Promise.all(runs.map(({ log }) => Deno.readTextFile(log)));
    assert.deepEqual(texts, ["1a\n", "1b\n", "1a\n"]);
    assert.match(await executor.describe(runs), /^# 3 at a time, in turn with CARD=a and CARD=b\n/);
  });
});
