import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ifPresent } from "../util/read_error.ts";
import { readJob } from "./job_files.ts";
import { SlurmClient } from "./slurm_client.ts";
import { TestCluster, until, whyNoSlurm } from "./slurm_cluster_testing.ts";
import { slurmRunner } from "./slurm_programs.ts";
import { readArrays } from "./slurm_record.ts";
import { outcomeSchema, type TestOutcome, type TestSweep } from "./slurm_sweep_testing.ts";

const slow = Deno.env.get("MEGA_SLOW") === "1";
const why = slow ? await whyNoSlurm() : null;

const program = fileURLToPath(new URL("./slurm_sweep_testing.ts", import.meta.url));

/** A sweep and the cluster that runs it. */
class Trial implements AsyncDisposable {
  readonly folder: string;

  private constructor(readonly cluster: TestCluster, readonly parent: string) {
    // A shell and Slurm's file name patterns have their own view of such names.
    this.folder = join(parent, "a sweep %j it's $HOME");
  }

  static async create(options = { accounting: false }): Promise<Trial> {
    return new Trial(await TestCluster.start(options), await Deno.makeTempDir());
  }

  /** Starts a controller, with the permission to run nothing but Slurm's programs. */
  start(sweep: Omit<TestSweep, "folder" | "retries">): Deno.ChildProcess {
    return new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "--no-prompt",
        "--no-lock",
        "--allow-run=sbatch,squeue,sacct,scancel,scontrol",
        "--allow-read",
        "--allow-write",
        "--allow-env",
        program,
        JSON.stringify({ folder: this.folder, retries: 2, ...sweep }),
      ],
      env: { ...this.cluster.environment },
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
  }

  job(index: number): string {
    return join(this.folder, "jobs", String(index));
  }

  /** The text of the log of an attempt; empty before there is one. */
  async log(index: number, attempt: number): Promise<string> {
    const path = join(this.job(index), `log-${attempt}.txt`);
    return await ifPresent(path, Deno.readTextFile(path)) ?? "";
  }

  /** What a job counted, over all its attempts. */
  async steps(index: number): Promise<number[]> {
    const path = join(this.job(index), "cell/steps.txt");
    const text = await ifPresent(path, Deno.readTextFile(path)) ?? "";
    return text.split("\n").slice(0, -1).map(Number);
  }

  /** Waits until jobs have counted some steps. */
  async working(...indices: readonly number[]): Promise<void> {
    for (const index of indices) {
      await until(`job ${index} works`, async () => (await this.steps(index)).length >= 20);
    }
  }

  /** The states of the tasks of the first array, from the accounting. */
  async accounted(): Promise<string[]> {
    const client = new SlurmClient(slurmRunner((name) => this.cluster.environment[name]));
    const [{ record: { id, name } }] = await readArrays(this.folder);
    const entries = await client.accounting([{ id: id ?? 0, name }]);
    return [...entries].toSorted(([a], [b]) => a.localeCompare(b)).map(([, { state }]) => state);
  }

  /** Names of all tasks that Slurm has seen, with their states. */
  async tasks(): Promise<string[]> {
    const format = "--Format=ArrayJobID:_,ArrayTaskID:=,State:;";
    const text = await this.cluster.run("squeue", "--noheader", "--array", "--states=all", format);
    return text.split("\n").filter((line) => line !== "").toSorted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]();
    await Deno.remove(this.parent, { recursive: true });
  }
}

interface Ended {
  readonly lines: readonly string[];
  readonly outcome: TestOutcome;
}

async function end(controller: Deno.ChildProcess): Promise<Ended> {
  const { code, stdout } = await controller.output();
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  assert.equal(code, 0);
  return { lines, outcome: outcomeSchema.parse(JSON.parse(lines.at(-1) ?? "")) };
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: why === null ? name : `${name} (${why})`, ignore: !slow || why !== null, fn });
}

for (const accounting of [false, true]) {
  const where = accounting ? "with accounting" : "without accounting";

  test(`jobs run as one array, and those that were killed again (${where})`, async () => {
    await using trial = await Trial.create({ accounting });
    const jobs = [[60, 0], [60, 0], [3, 1], [3, 2]].map(([target, code]) => ({ target, code }));
    const controller = trial.start({ jobs });
    await trial.working(0, 1);
    const { record } = await readJob(trial.job(0));
    Deno.kill(record?.pid ?? 0, "SIGKILL");
    const [, array] = /^(\d+)_1=RUNNING/m.exec((await trial.tasks()).join("\n")) ?? [];
    await trial.cluster.run("scancel", "--signal=KILL", `${array}_1`);
    const { outcome } = await end(controller);
    assert.deepEqual(outcome, [
      { phase: "done", reason: null, attempts: 2 },
      { phase: "done", reason: null, attempts: 2 },
      { phase: "diverged", reason: "NaN", attempts: 1 },
      { phase: "failed", reason: "the data is gone", attempts: 1 },
    ]);
    for (const index of [0, 1]) {
      assert.deepEqual(await trial.steps(index), upTo(60));
      assert.match(
        await trial.log(index, 2),
        /^starts at (?!1 )\d+ with it's "\d" \$HOME\ncounted/,
      );
    }
    assert.match(await trial.log(1, 1), /slurmstepd.*CANCELLED/);
    const expected = accounting ? ["FAILED", "CANCELLED", "FAILED", "FAILED"] : [];
    await until("the accounting knows all ends", async () => {
      const known = await trial.accounted();
      return known.join() === expected.join();
    });
  });
}

test("a job that Slurm puts back into its queue continues as the same attempt", async () => {
  await using trial = await Trial.create();
  const jobs = upTo(2).map(() => ({ target: 60, code: 0 }));
  const controller = trial.start({ jobs, extra: ["--ntasks=2"] });
  await trial.working(0, 1);
  // It needs the whole machine, and its partition goes first.
  await trial.cluster.run(
    "sbatch",
    "--partition=urgent",
    "--ntasks=4",
    "--output=/dev/null",
    "--wrap=exit",
  );
  const { outcome } = await end(controller);
  for (const index of [0, 1]) {
    assert.deepEqual(outcome[index], { phase: "done", reason: null, attempts: 1 });
    assert.deepEqual(await trial.steps(index), upTo(60));
    const log = await trial.log(index, 1);
    assert.match(log, /starts at 1 [^]*starts at (?!1 )\d+ [^]*counted to 60\n/);
    assert.match(log, /CANCELLED.* DUE TO PREEMPTION/);
  }
});

test("a killed controller's jobs are adopted, also while Slurm's own is away", async () => {
  await using trial = await Trial.create();
  const jobs = upTo(3).map(() => ({ target: 120, code: 0 }));
  const first = trial.start({ jobs, processes: 2 });
  await trial.working(0, 1);
  first.kill("SIGKILL");
  await first.output();
  await trial.cluster.stopController();
  const second = trial.start({ jobs, processes: 2 });
  await new Promise((resolve) => setTimeout(resolve, 4000));
  await trial.cluster.startController();
  const { outcome, lines } = await end(second);
  assert.match(lines[0], /^Slurm does not answer \(Unable to contact slurm controller.*waiting/);
  assert.equal(lines[1], "Slurm answers again");
  for (const [index, { phase }] of outcome.entries()) {
    assert.equal(phase, "done");
    assert.deepEqual(await trial.steps(index), upTo(120));
  }
  assert.deepEqual(await trial.tasks(), ["1_0=COMPLETED;", "1_1=COMPLETED;", "1_2=COMPLETED;"]);
});

test("SIGTERM ends all jobs within five seconds, and the same command continues", async () => {
  await using trial = await Trial.create();
  const jobs = upTo(3).map(() => ({ target: 60, code: 0 }));
  const first = trial.start({ jobs, processes: 2 });
  await trial.working(0, 1);
  const sent = performance.now();
  first.kill("SIGTERM");
  const { outcome } = await end(first);
  assert.ok(performance.now() - sent < 5000);
  assert.deepEqual(outcome.map(({ phase }) => phase), ["interrupted", "interrupted", "waiting"]);
  assert.equal(await trial.cluster.run("squeue", "--noheader"), "");
  assert.match(await trial.log(0, 1), /interrupted before \d+\n/);
  const { outcome: done } = await end(trial.start({ jobs }));
  assert.deepEqual(done.map(({ phase, attempts }) => [phase, attempts]), [
    ["done", 2],
    ["done", 2],
    ["done", 1],
  ]);
  for (const index of [0, 1, 2]) assert.deepEqual(await trial.steps(index), upTo(60));
});

test("a dry run prints the script and submits nothing; what Slurm refuses is one line", async () => {
  await using trial = await Trial.create();
  const jobs = upTo(150).map(() => ({ target: 1, code: 0 }));
  const { stdout } = await trial.start({ jobs, dryRun: true, partition: "urgent" }).output();
  const text = new TextDecoder().decode(stdout);
  // The cluster takes 101 tasks in an array.
  assert.deepEqual(text.match(/--array=\S+ /g), ["--array=0-100 ", "--array=0-48 "]);
  assert.match(text, /--partition=urgent/);
  assert.deepEqual(await trial.tasks(), []);
  assert.equal(await ifPresent(trial.folder, Deno.stat(trial.folder)), undefined);
  const refused = await trial.start({ jobs: jobs.slice(149), partition: "none" }).output();
  assert.deepEqual([refused.code, new TextDecoder().decode(refused.stdout)], [
    2,
    "sbatch: Batch job submission failed: Invalid partition name specified\n",
  ]);
  assert.deepEqual(await trial.tasks(), []);
});
