/**
 * A controller with a Slurm executor in a process of its own, with the permissions of a sweep and
 * no more. Prints each line that the executor reports, and at the end the states of all jobs.
 *
 * Arguments: JSON of {@link TestSweep}.
 */
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { UserError } from "../errors.ts";
import { Controller } from "./controller.ts";
import { logPath } from "./executor.ts";
import type { SweepJob } from "./plan.ts";
import { SlurmExecutor } from "./slurm_executor.ts";
import { slurmRunner } from "./slurm_programs.ts";
import { jobFolder } from "./sweep_folder.ts";

const sweepSchema = z.strictObject({
  /** Folder of the sweep. */
  folder: z.string(),
  /** For each job how far it counts, and its exit code. */
  jobs: z.array(z.strictObject({ target: z.number(), code: z.number() })),
  retries: z.number(),
  processes: z.number().optional(),
  partition: z.string().optional(),
  extra: z.array(z.string()).optional(),
  dryRun: z.boolean().optional(),
});
/** What to run. */
export type TestSweep = z.infer<typeof sweepSchema>;

/** The last line of the output. */
export const outcomeSchema = z.array(z.strictObject({
  phase: z.string(),
  reason: z.string().nullable(),
  attempts: z.number(),
}));
/** See {@link outcomeSchema}. */
export type TestOutcome = z.infer<typeof outcomeSchema>;

async function main(text: string): Promise<void> {
  const { folder, jobs, retries, dryRun, ...ask } = sweepSchema.parse(JSON.parse(text));
  const abort = new AbortController();
  Deno.addSignalListener("SIGTERM", () => abort.abort());
  const executor = new SlurmExecutor({
    folder,
    ask,
    run: slurmRunner((name) => Deno.env.get(name)),
    signal: abort.signal,
    report: console.log,
    interval: 500,
  });
  const setting = { learningRate: null, batchSize: null, updates: null, average: null };
  const plan = jobs.map((_, index): SweepJob => ({
    index,
    task: "count",
    model: "counter",
    seed: index,
    setting,
  }));
  const program = fileURLToPath(new URL("./slurm_job_testing.ts", import.meta.url));
  const attempts = new Map<number, number>();
  const runOf = ({ index }: SweepJob, attempt: number) => {
    const { target, code } = jobs[index];
    const job = jobFolder(folder, index);
    attempts.set(index, attempt);
    const run = [
      "run",
      "--no-check",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      "--allow-sys",
      program,
    ];
    return {
      index,
      attempt,
      folder: job,
      log: logPath(job, attempt),
      argv: [Deno.execPath(), ...run, "--job", job, String(target), String(code)],
      environment: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: Deno.env.get("HOME") ?? "",
        MEGA_WORD: `it's "${index}" $HOME`,
      },
    };
  };
  if (dryRun) {
    console.log(await executor.describe(plan.map((job) => runOf(job, 1))));
    return;
  }
  const controller = new Controller({
    jobs: plan,
    executor,
    retries,
    folderOf: ({ index }) => jobFolder(folder, index),
    runOf,
    signal: abort.signal,
    onViews: () => {},
  });
  const views = await controller.run();
  const outcome: TestOutcome = views.map(({ job, phase, reason }) => ({
    phase,
    reason,
    attempts: attempts.get(job.index) ?? 0,
  }));
  console.log(JSON.stringify(outcome));
}

if (import.meta.main) {
  try {
    await main(Deno.args[0]);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.log(error.message);
    Deno.exit(2);
  }
}
