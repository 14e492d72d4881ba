import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findCells, readStoredCell } from "../cells/stored_cell.ts";
import { withFolder } from "../data/data_test_folder.ts";
import { readResult } from "../results/store.ts";
import { readJob } from "../sweep/job_files.ts";
import { jobFolder } from "../sweep/sweep_folder.ts";
import { highestLock, lockPath, readLock, systemTryLock } from "../util/lock_file.ts";
import { sha256Hex } from "../util/sha256.ts";
import { PROJECT_ROOT } from "./paths.ts";
import { SWEEPS_FOLDER } from "./sweep_run.ts";

const slow = Deno.env.get("MEGA_SLOW") === "1";

/** How often something is killed; `MEGA_KILLS=50` for a thorough run. */
const kills = Number(Deno.env.get("MEGA_KILLS") ?? 5);

/** What is killed, and how; `launcher` and `interrupt` end the whole sweep in good order. */
const victims = ["controller", "job", "job", "launcher", "interrupt"] as const;
/** Longest time between two kills. */
const mostMilliseconds = 8000;

const random = (below: number) => Math.floor(Math.random() * below);

/** A sweep of four cells on two processes, as `deno task sweep` starts it. */
function start(name: string, folder: string): Deno.ChildProcess {
  const { PATH = "", HOME = "", ...all } = Deno.env.toObject();
  const kept = Object.entries(all).filter(([key]) =>
    /^(DENO_DIR|npm_config_.*|MEGA_CACHE)$/i.test(key)
  );
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--no-prompt", "--lock=deno.lock", "--frozen", "--allow-run"],
      ...["--allow-read", "--allow-write", "--allow-env", "src/cli/launch.ts", "sweep"],
      ...["--suite", "lm", "--profile", "smoke", "--task", "characters", "--updates", "60"],
      ...["--model", "mega,transformer", "--learning-rate", "5e-3,1e-2", "--processes", "2"],
      ...["--name", name, "--cells", join(folder, name), "--retries", "20"],
      ...["--output", join(folder, `${name}.json`)],
    ],
    cwd: PROJECT_ROOT,
    clearEnv: true,
    env: { ...Object.fromEntries(kept), PATH, HOME, NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
}

/** The process that has the lock of a sweep. */
async function controllerOf(sweep: string): Promise<number | undefined> {
  const number = await Deno.stat(sweep).then(() => highestLock(sweep), () => 0);
  if (number === 0) return undefined;
  const lock = await readLock(lockPath(sweep, number), systemTryLock);
  return lock?.kept ? lock.holder?.pid : undefined;
}

/** A process that trains. */
async function jobOf(sweep: string): Promise<number | undefined> {
  const reports = await Promise.all([0, 1, 2, 3].map((index) => readJob(jobFolder(sweep, index))));
  const running = reports.flatMap(({ record }) =>
    record !== undefined && /starting|running/.test(record.state) ? [record.pid] : []
  );
  return running.at(random(running.length));
}

function kill(pid: number | undefined, signal: Deno.Signal): boolean {
  try {
    if (pid === undefined) return false;
    Deno.kill(pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Runs a sweep to its end, however often it is killed. @returns What was killed. */
async function runKilled(name: string, folder: string, count: number): Promise<string[]> {
  const killed: string[] = [];
  for (;;) {
    const child = start(name, folder);
    const status = child.status;
    let ended = false;
    status.then(() => ended = true);
    while (killed.length < count) {
      await Promise.race([status, sleep(200 + random(mostMilliseconds))]);
      if (ended) break;
      const victim = await killOne(join(SWEEPS_FOLDER, name), child, status);
      if (victim !== undefined) killed.push(victim);
    }
    if ((await status).code === 0) return killed;
  }
}

/** Kills something at random. @returns What it was; undefined when it had just ended. */
async function killOne(
  sweep: string,
  child: Deno.ChildProcess,
  status: Promise<Deno.CommandStatus>,
): Promise<string | undefined> {
  const victim = victims[random(victims.length)];
  if (victim === "interrupt") {
    const begin = performance.now();
    if (!kill(child.pid, "SIGTERM")) return undefined;
    await status;
    assert.ok(performance.now() - begin < 5000, "a sweep ends within 5 seconds");
    return victim;
  }
  const pids = { controller: () => controllerOf(sweep), job: () => jobOf(sweep) };
  const pid = victim === "launcher" ? child.pid : await pids[victim]();
  return kill(pid, "SIGKILL") ? victim : undefined;
}

/** Digests of all that must not depend on interruptions, by cell. */
async function bitsOf(store: string): Promise<Record<string, string>> {
  const bits: Record<string, string> = {};
  for (const folder of (await findCells(store)).folders) {
    const cell = await readStoredCell(folder);
    assert.ok(cell?.done !== undefined, folder);
    const { wallSeconds: _, performance: __, warnings: ___, ...numbers } = cell.done.row;
    const model = await Deno.readFile(join(folder, "model.safetensors"));
    bits[cell.id] = `${sha256Hex(JSON.stringify(numbers))} ${sha256Hex(model)}`;
  }
  return bits;
}

Deno.test({
  name: "a sweep of four cells on two processes has the same bits after kills at random moments",
  // Minutes of training: MEGA_SLOW=1 runs it.
  ignore: !slow || Deno.build.os === "windows",
  async fn() {
    await withFolder(async (folder) => {
      const names: string[] = [];
      const run = async (count: number) => {
        const name = `test-${crypto.randomUUID()}`;
        names.push(name);
        const killed = await runKilled(name, folder, count);
        const { rows } = await readResult(join(folder, `${name}.json`));
        const roles = rows.map(({ role, model }) => `${role} ${model.name}`);
        return { killed, roles, bits: await bitsOf(join(folder, name)) };
      };
      try {
        const plain = await run(0);
        assert.equal(Object.keys(plain.bits).length, 4);
        // A sweep may end before it was killed often enough; then another one is.
        for (let count = 0; count < kills;) {
          const { killed, roles, bits } = await run(kills - count);
          assert.deepEqual({ roles, bits }, { roles: plain.roles, bits: plain.bits });
          count += killed.length;
          console.log(`the same after kills of ${killed.join(", ") || "nothing"}; ${count} in all`);
        }
      } finally {
        const made = names.map((name) => join(SWEEPS_FOLDER, name));
        // This process may not write there.
        await new Deno.Command("rm", { args: ["-rf", ...made] }).output();
      }
    });
  },
});
