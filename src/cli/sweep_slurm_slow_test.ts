import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ResultRow } from "../results/schema_row.ts";
import { readResult } from "../results/store.ts";
import { lastAttempt, readJob, readProgress } from "../sweep/job_files.ts";
import { TestCluster, until, whyNoSlurm } from "../sweep/slurm_cluster_testing.ts";
import { jobFolder } from "../sweep/sweep_folder.ts";
import { sha256File } from "../util/sha256.ts";
import { PROJECT_ROOT } from "./paths.ts";

const slow = Deno.env.get("MEGA_SLOW") === "1";
const why = slow ? await whyNoSlurm() : null;

/** A sweep of two cells, in a folder of its own but for its records. */
class CellSweep implements AsyncDisposable {
  readonly #name = `test-${crypto.randomUUID()}`;
  readonly folder = join(PROJECT_ROOT, "results/sweeps", this.#name);
  readonly output: string;

  constructor(private readonly parent: string) {
    this.output = join(parent, "result.json");
  }

  /** The launcher, as the task in deno.json starts it. */
  start(options: readonly string[], env: Readonly<Record<string, string>> = {}): Deno.ChildProcess {
    const permissions = ["run", "read", "write", "env"].map((name) => `--allow-${name}`);
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--no-prompt", ...permissions, "src/cli/launch.ts", "sweep"]
        .concat("--suite", "lm", "--profile", "smoke", "--task", "characters", "--model", "mega")
        .concat("--seeds", "2", "--updates", "150", "--retries", "9", "--name", this.#name)
        .concat("--cells", join(this.parent, "cells"), "--output", this.output, options),
      cwd: PROJECT_ROOT,
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
  }

  async finish(sweep: Deno.ChildProcess): Promise<ResultRow[]> {
    const { code, stderr } = await sweep.output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    return (await readResult(this.output)).rows;
  }

  /** Waits until a job computes in an attempt, and at least to an update. */
  async computes(index: number, attempt: number, update: number): Promise<number> {
    const folder = jobFolder(this.folder, index);
    let pid = 0;
    await until(`job ${index} computes update ${update}`, async () => {
      if (await lastAttempt(folder) < attempt) return false;
      const { record } = await readJob(folder);
      if (record?.state !== "running" || record.pid === pid) return false;
      const progress = await readProgress(record);
      if ((progress?.update ?? 0) < update) return false;
      pid = record.pid;
      return true;
    });
    return pid;
  }

  /** Digests of the trained models, in the order of the jobs. */
  async models(): Promise<string[]> {
    return await Promise.all([0, 1].map(async (index) => {
      const { record } = await readJob(jobFolder(this.folder, index));
      return await sha256File(join(record?.folder ?? "", "model.safetensors"));
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Tests may not write to the results themselves.
    await new Deno.Command("rm", { args: ["-r", this.folder] }).output();
    await Deno.remove(this.parent, { recursive: true });
  }
}

/** What must not depend on interruptions. */
function numbers({ seed, curve, validationCurve, metrics, updatesDone, sample }: ResultRow) {
  return { seed, curve, validationCurve, metrics, updatesDone, sample };
}

Deno.test({
  name: `cells that are killed on Slurm end with the same bits${why === null ? "" : ` (${why})`}`,
  // Compiles all kernels six times: MEGA_SLOW=1 runs it.
  ignore: !slow || why !== null,
  async fn() {
    await using whole = new CellSweep(await Deno.makeTempDir());
    const expected = await whole.finish(whole.start(["--processes", "2"]));
    await using cluster = await TestCluster.start({ accounting: false });
    await using broken = new CellSweep(await Deno.makeTempDir());
    const sweep = broken.start(["--executor", "slurm"], cluster.environment);
    const pid = await broken.computes(0, 1, 1);
    await sleep(1000 * Math.random());
    Deno.kill(pid, "SIGKILL");
    await broken.computes(1, 1, 1);
    await sleep(1000 * Math.random());
    const list = await cluster.run("squeue", "--noheader", "--array", "--format=%F_%K");
    const [array] = list.split("_");
    await cluster.run("scontrol", "requeue", `${array}_1`);
    await broken.computes(0, 2, 1);
    await cluster.run("scancel", "--signal=KILL", "--state=RUNNING");
    const actual = await broken.finish(sweep);
    assert.deepEqual(actual.map(numbers), expected.map(numbers));
    assert.deepEqual(await broken.models(), await whole.models());
    assert.ok(await lastAttempt(jobFolder(broken.folder, 0)) >= 3);
  },
});
