import assert from "node:assert/strict";
import { join } from "node:path";
import type { JobRun } from "./executor.ts";
import { sbatchOptions } from "./slurm_options.ts";
import { arrayScript, sbatchArguments } from "./slurm_script.ts";

const isUnix = Deno.build.os !== "windows";

const run = (changes: Partial<JobRun> = {}): JobRun => ({
  index: 0,
  attempt: 1,
  folder: "/sweep/jobs/0",
  log: "/sweep/jobs/0/log-1.txt",
  argv: ["deno", "run", "cell", "--seeds", "1,"],
  environment: { PATH: "/usr/bin:/bin" },
  ...changes,
});

async function runTask(script: string, task: number): Promise<Deno.CommandOutput> {
  return await new Deno.Command("/bin/sh", {
    args: [script],
    clearEnv: true,
    env: { SLURM_ARRAY_TASK_ID: String(task), SLURM_JOB_ID: "7" },
  }).output();
}

Deno.test({
  name: "a task runs its own job, whatever words and paths it has, and ends with its code",
  ignore: !isUnix,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const words = ["it's", 'a "b"', "$HOME", "`id`", "\\", "*", "", "two\nlines", "ü", "-n"];
      const printer = ["/bin/sh", "-c", 'printf "<%s>" "$@" "$A" "$SLURM_JOB_ID"; exit 3', "x"];
      const runs = [words, ["plain"], printer.slice(0, 0)].map((own, i) =>
        run({
          log: join(folder, `it's ${i}.txt`),
          argv: [...printer, ...own],
          environment: { PATH: "/usr/bin:/bin", A: `'${i}'`, SLURM_JOB_ID: "another" },
        })
      );
      const script = join(folder, "script.sh");
      await Deno.writeTextFile(script, arrayScript(runs));
      for (const [task, own] of [words, ["plain"], []].entries()) {
        const { code, stdout, stderr } = await runTask(script, task);
        assert.deepEqual([code, stdout.length, stderr.length], [3, 0, 0]);
        const text = await Deno.readTextFile(join(folder, `it's ${task}.txt`));
        assert.equal(text, [...own, `'${task}'`, "7"].map((word) => `<${word}>`).join(""));
      }
      assert.equal((await runTask(script, 3)).code, 2);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("what all jobs have in common stands once in the script", () => {
  const runs = [1, 2, 3].map((seed) =>
    run({ argv: ["deno", "run", "cell", "--seeds", `${seed},`], environment: { A: "1" } })
  );
  const script = arrayScript(runs);
  assert.equal(script.split("export A=1").length, 2);
  assert.equal(script.split("deno run cell --seeds").length, 2);
});

Deno.test("sbatch gets the array, its limit, and patterns that mean the folder itself", () => {
  const request = { name: "s-1", folder: "/a %j/b", after: 12, runs: [run(), run()] };
  const args = sbatchArguments(request, { processes: 4, gres: "gpu:1" }, "/a %j/b/script.sh");
  assert.deepEqual(args, [
    "--parsable",
    "--job-name=s-1",
    "--array=0-1%4",
    "--chdir=/a %j/b",
    "--output=/a %%j/b/task-%a.txt",
    "--open-mode=append",
    "--dependency=afterany:12",
    "--requeue",
    "--signal=B:TERM@60",
    "--gres=gpu:1",
    "/a %j/b/script.sh",
  ]);
  assert.throws(
    () => sbatchArguments({ ...request, folder: "/a\\b" }, {}, "script.sh"),
    /UserError: \/a\\b: Slurm takes no backslash in a path/,
  );
});

Deno.test("options of the user come last, so that they win", () => {
  const ask = {
    partition: "gpu",
    time: "1-12",
    cpusPerTask: 4,
    mem: "16G",
    account: "a",
    qos: "q",
    extra: ["--signal=B:TERM@300", "-Ca100"],
  };
  assert.deepEqual(sbatchOptions(ask), [
    "--requeue",
    "--signal=B:TERM@60",
    "--partition=gpu",
    "--time=1-12",
    "--cpus-per-task=4",
    "--mem=16G",
    "--account=a",
    "--qos=q",
    "--signal=B:TERM@300",
    "-Ca100",
  ]);
});

Deno.test("options that the sweep sets itself, and what is no option, are refused", () => {
  for (const option of ["--array=0-9", "--arr=0-9", "-a0-9", "--output=x", "-ox", "--wrap=id"]) {
    assert.throws(() => sbatchOptions({ extra: [option] }), /set by the sweep itself/, option);
  }
  for (const option of ["script.sh", "", "--", "-", "--gres gpu:1", "--x;id"]) {
    assert.throws(() => sbatchOptions({ extra: [option] }), /give one option of sbatch/, option);
  }
});
