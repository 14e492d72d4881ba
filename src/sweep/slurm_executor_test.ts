import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import type { JobRun } from "./executor.ts";
import { SlurmExecutor, type SlurmExecutorOptions } from "./slurm_executor.ts";
import {
  type RunSlurm,
  type SlurmOutput,
  type SlurmProgram,
  slurmRunner,
} from "./slurm_programs.ts";
import { readArrays } from "./slurm_record.ts";
import { writeJob } from "./sweep_testing.ts";

const printed = (stdout: string): SlurmOutput => ({ ok: true, stdout, stderr: "" });
const failed = (stderr: string): SlurmOutput => ({ ok: false, stdout: "", stderr });
const away = failed("squeue: error: Unable to contact slurm controller (connect failure)\n");

type Answers = Record<SlurmProgram, (args: readonly string[]) => SlurmOutput>;

/** A sweep folder and a Slurm that answers as a test says. */
class Bench implements AsyncDisposable {
  readonly calls: { readonly program: SlurmProgram; readonly args: readonly string[] }[] = [];
  readonly lines: string[] = [];
  readonly abort = new AbortController();
  /** Milliseconds. */
  time = 0;
  answers: Answers = {
    sbatch: () => printed("12\n"),
    squeue: () => printed(""),
    sacct: () => failed("Slurm accounting storage is disabled\n"),
    scancel: () => printed(""),
    scontrol: () => printed("MaxArraySize            = 3\n"),
  };

  private constructor(readonly folder: string) {}

  static async create(): Promise<Bench> {
    return new Bench(await Deno.makeTempDir());
  }

  executor(options: Partial<SlurmExecutorOptions> = {}): SlurmExecutor {
    const run: RunSlurm = (program, args) => {
      this.calls.push({ program, args });
      return Promise.resolve(this.answers[program](args));
    };
    return new SlurmExecutor({
      folder: this.folder,
      ask: {},
      run,
      signal: this.abort.signal,
      report: (line) => this.lines.push(line),
      now: () => this.time,
      pause: (milliseconds) => {
        this.time += milliseconds;
        return Promise.resolve();
      },
      ...options,
    });
  }

  run(index: number, attempt = 1): JobRun {
    const folder = join(this.folder, "jobs", String(index));
    const log = join(folder, `log-${attempt}.txt`);
    return { index, attempt, folder, log, argv: ["deno", String(index)], environment: { A: "1" } };
  }

  count(program: SlurmProgram): number {
    return this.calls.filter((call) => call.program === program).length;
  }

  last(program: SlurmProgram): readonly string[] {
    return this.calls.findLast((call) => call.program === program)?.args ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("jobs are followed from the queue to their end, every five seconds", async () => {
  await using bench = await Bench.create();
  const executor = bench.executor();
  assert.deepEqual(await executor.adopt(), []);
  await executor.submit([bench.run(4), bench.run(7)]);
  assert.deepEqual((await executor.poll()).get(7), { kind: "queued", note: null });
  assert.equal(bench.count("squeue"), 0);
  bench.answers.squeue = () => printed("12|0|RUNNING|0|0|n1|None|\n12|1|PENDING|0|0||Resources|\n");
  bench.time += 1000;
  const statuses = await executor.poll();
  assert.deepEqual(statuses.get(4), { kind: "running", place: "n1" });
  assert.deepEqual(statuses.get(7), { kind: "queued", note: "Resources" });
  bench.answers.squeue = () => printed("12|0|COMPLETED|0|0|n1|None|\n12|1|FAILED|512|0|n1|x|\n");
  bench.time += 4999;
  await executor.poll();
  assert.equal(bench.count("squeue"), 1);
  bench.time += 1;
  assert.deepEqual((await executor.poll()).get(7), { kind: "ended", code: 2, reason: null });
  bench.time += 60_000;
  assert.deepEqual((await executor.poll()).get(4), { kind: "ended", code: 0, reason: null });
  assert.equal(bench.count("squeue"), 2);
});

Deno.test("more jobs than an array takes are several arrays; a limit holds for all", async () => {
  await using bench = await Bench.create();
  const runs = [0, 1, 2, 3].map((index) => bench.run(index));
  await bench.executor({ ask: { processes: 2 } }).submit(runs);
  const options = bench.calls.filter(({ program }) => program === "sbatch").map(({ args }) =>
    args.filter((arg) => /array|dependency/.test(arg))
  );
  assert.deepEqual(options, [["--array=0-2%2"], ["--array=0-0%2", "--dependency=afterany:12"]]);
  await bench.executor().submit(runs);
  assert.ok(!bench.last("sbatch").some((arg) => arg.includes("dependency")));
});

Deno.test("an answer of sbatch that was lost leads to one array, not two", async () => {
  await using bench = await Bench.create();
  bench.answers.sbatch = () => failed("sbatch: error: Socket timed out on send/recv operation\n");
  bench.answers.squeue = (args) =>
    args.includes("--Format=ArrayJobID:|") ? printed("13|\n13|\n") : printed("");
  await bench.executor().submit([bench.run(0)]);
  assert.equal(bench.count("sbatch"), 1);
  const [{ record }] = await readArrays(bench.folder);
  assert.equal(record.id, 13);
  assert.ok(bench.last("squeue").includes(`--name=${record.name}`));
  assert.deepEqual(bench.lines, [
    "Slurm does not answer (Socket timed out on send/recv operation): waiting for it",
    "Slurm answers again",
  ]);
});

Deno.test("what Slurm refuses is an error at once", async () => {
  await using bench = await Bench.create();
  bench.answers.sbatch = () =>
    failed("sbatch: error: invalid partition specified: x\nsbatch: error: Batch job failed\n");
  await assert.rejects(
    bench.executor().submit([bench.run(0)]),
    /UserError: sbatch: Batch job failed/,
  );
  bench.answers.scontrol = () => printed("MaxArraySize = 0\n");
  await assert.rejects(bench.executor().submit([bench.run(0)]), /takes no job arrays/);
});

Deno.test("the jobs of an earlier controller are adopted, those that ended are not", async () => {
  await using bench = await Bench.create();
  await bench.executor().submit([0, 1, 2].map((index) => bench.run(index)));
  bench.answers.squeue = () => printed("12|0|RUNNING|0|0|n1|None|\n12|1|FAILED|9|0|n1|x|\n");
  const executor = bench.executor();
  assert.deepEqual(await executor.adopt(), [bench.run(0)]);
  assert.deepEqual([...await executor.poll()], [[0, { kind: "running", place: "n1" }]]);
  assert.equal(bench.count("sbatch"), 1);
});

Deno.test("an array whose number was not written down is found by its name", async () => {
  await using bench = await Bench.create();
  // Killed between the request and the answer.
  bench.answers.sbatch = () => {
    throw new Error("killed");
  };
  await assert.rejects(bench.executor().submit([bench.run(0)]), /killed/);
  bench.answers.squeue = (args) =>
    printed(args.includes("--Format=ArrayJobID:|") ? "14|\n" : "14|0|RUNNING|0|0|n1|None|\n");
  assert.deepEqual(await bench.executor().adopt(), [bench.run(0)]);
  bench.answers.squeue = () => printed("");
  assert.deepEqual(await bench.executor().adopt(), []);
});

Deno.test("of an array that never reached Slurm nothing is adopted", async () => {
  await using bench = await Bench.create();
  bench.answers.sbatch = () => failed("sbatch: error: refused\n");
  await assert.rejects(bench.executor().submit([bench.run(0)]), /refused/);
  assert.deepEqual(await bench.executor().adopt(), []);
});

Deno.test("a damaged record is an error: its jobs may still run", async () => {
  await using bench = await Bench.create();
  await bench.executor().submit([bench.run(0)]);
  const path = join(bench.folder, "slurm/1/array.json");
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace('"id": 12', '"id": 13'));
  await assert.rejects(
    bench.executor().adopt(),
    (error) => error instanceof UserError && /array.json: damaged/.test(error.message),
  );
});

Deno.test("a job that left the queue ends as it wrote, without and with accounting", async () => {
  await using bench = await Bench.create();
  const executor = bench.executor();
  await executor.submit([0, 1, 2].map((index) => bench.run(index)));
  await writeJob(bench.run(0).folder, { state: "completed" });
  await writeJob(bench.run(1).folder, { state: "interrupted" });
  // Of an attempt long ago.
  await writeJob(bench.run(2).folder, { state: "failed", at: "2020-01-01T00:00:00Z" });
  bench.time += 1000;
  const unknown = { kind: "ended", code: null, reason: "Slurm no longer knows the job" };
  assert.deepEqual([...(await executor.poll()).values()], [
    { kind: "ended", code: 0, reason: null },
    unknown,
    unknown,
  ]);
  assert.equal(bench.count("sacct"), 1);

  const second = bench.executor();
  await second.submit([0, 1, 2].map((index) => bench.run(index, 2)));
  await writeJob(bench.run(2).folder, { state: "failed", reason: "no data" });
  bench.answers.sacct = () =>
    printed("12_0|RUNNING|0:0|n1\n12_1|NODE_FAIL|0:0|n1\n12_2|FAILED|2:0|n1\n");
  bench.time += 1000;
  assert.deepEqual([...(await second.poll()).values()], [
    // The accounting is late.
    { kind: "ended", code: 0, reason: null },
    { kind: "ended", code: null, reason: "its node failed" },
    { kind: "ended", code: 2, reason: "no data" },
  ]);
});

Deno.test("what Slurm says about a job is added to its log, once", async () => {
  await using bench = await Bench.create();
  const executor = bench.executor();
  await executor.submit([bench.run(0)]);
  await Deno.mkdir(bench.run(0).folder, { recursive: true });
  await Deno.writeTextFile(bench.run(0).log, "step 1\n");
  await Deno.writeTextFile(join(bench.folder, "slurm/1/task-0.txt"), "DUE TO TIME LIMIT\n");
  bench.answers.squeue = () => printed("12|0|TIMEOUT|15|0|n1|TimeLimit|\n");
  bench.time += 1000;
  const reason = "time limit reached (--time asks for more)";
  assert.deepEqual((await executor.poll()).get(0), { kind: "ended", code: null, reason });
  assert.deepEqual(await bench.executor().adopt(), []);
  assert.equal(await Deno.readTextFile(bench.run(0).log), "step 1\nDUE TO TIME LIMIT\n");
});

Deno.test("a controller that is away changes nothing, and is asked less and less often", async () => {
  await using bench = await Bench.create();
  const executor = bench.executor();
  await executor.submit([bench.run(0)]);
  bench.answers.squeue = () => away;
  for (; bench.time < 600_000; bench.time += 1000) {
    assert.deepEqual((await executor.poll()).get(0), { kind: "queued", note: null });
  }
  assert.ok(bench.count("squeue") < 20, String(bench.count("squeue")));
  bench.answers.squeue = () => printed("12|0|RUNNING|0|0|n1|None|\n");
  bench.time += 60_000;
  assert.deepEqual((await executor.poll()).get(0), { kind: "running", place: "n1" });
  assert.deepEqual(bench.lines, [
    "Slurm does not answer (Unable to contact slurm controller (connect failure)): waiting for it",
    "Slurm answers again",
  ]);
});

Deno.test("cancel ends what was submitted by its name, and nothing else", async () => {
  await using bench = await Bench.create();
  const executor = bench.executor();
  await executor.submit([bench.run(0), bench.run(1)]);
  bench.answers.squeue = () => printed("12|0|CANCELLED|15|0|n1|None|\n");
  await executor.cancel();
  const [{ record }] = await readArrays(bench.folder);
  assert.deepEqual(bench.calls.filter(({ program }) => program === "scancel"), [
    { program: "scancel", args: [`--name=${record.name}`] },
  ]);
  await executor.cancel();
  assert.equal(bench.count("scancel"), 1);
});

Deno.test("with --keep-jobs cancel ends nothing and says what goes on", async () => {
  await using bench = await Bench.create();
  const executor = bench.executor({ keepJobs: true });
  await executor.submit([bench.run(0)]);
  await executor.cancel();
  assert.equal(bench.count("scancel"), 0);
  assert.deepEqual(bench.lines, [
    "Slurm goes on with job 12; the same command follows them again",
  ]);
});

Deno.test("an order to end that Slurm does not take is an error with the order", async () => {
  await using bench = await Bench.create();
  const executor = bench.executor();
  await executor.submit([bench.run(0)]);
  bench.answers.scancel = () => failed("scancel: error: Access/permission denied\n");
  await assert.rejects(executor.cancel(), /UserError: .*permission denied.*: run scancel --name=/);
});

Deno.test("a signal ends the waiting for Slurm, in every method", async () => {
  await using bench = await Bench.create();
  await bench.executor().submit([bench.run(0)]);
  bench.answers.squeue = () => away;
  bench.answers.scontrol = () => away;
  const pause = () => {
    bench.abort.abort();
    return Promise.resolve();
  };
  const adopting = bench.executor({ pause });
  assert.deepEqual(await adopting.adopt(), [bench.run(0)]);
  await adopting.submit([bench.run(1)]);
  assert.deepEqual([...(await adopting.poll()).keys()], [0]);
  assert.equal(bench.count("sbatch"), 1);
});

Deno.test("a description of the arrays needs no Slurm, and submits nothing", async () => {
  await using bench = await Bench.create();
  const runs = [0, 1, 2, 3].map((index) => bench.run(index));
  const text = await bench.executor({ ask: { partition: "gpu" } }).describe(runs);
  assert.match(text, /^# sbatch .*--array=0-2 .*--partition=gpu/);
  assert.equal(text.match(/--array=/g)?.length, 2);
  bench.answers.scontrol = () => {
    throw new UserError("scontrol is not installed");
  };
  const guess = await bench.executor().describe(runs);
  assert.match(guess, /^# .*scontrol is not installed.*\n# sbatch .*--array=0-3 /);
  assert.deepEqual([...Deno.readDirSync(bench.folder)], []);
});

Deno.test("a machine without Slurm is an error that says so", async () => {
  await using bench = await Bench.create();
  const run = slurmRunner((name) => name === "PATH" ? bench.folder : undefined);
  await assert.rejects(bench.executor({ run }).submit([bench.run(0)]), {
    name: "UserError",
    message: "scontrol is not installed: start the sweep on a machine that submits to Slurm",
  });
});
