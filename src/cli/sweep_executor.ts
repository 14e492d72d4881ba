/** Chooses what runs the jobs of a sweep. */
import { UserError } from "../errors.ts";
import type { NamedAdapter } from "../sweep/adapters.ts";
import type { Executor } from "../sweep/executor.ts";
import { LocalExecutor } from "../sweep/local_executor.ts";
import { SlurmExecutor } from "../sweep/slurm_executor.ts";
import { sbatchOptions, type SlurmOptions } from "../sweep/slurm_options.ts";
import { slurmRunner } from "../sweep/slurm_programs.ts";
import { PROJECT_ROOT } from "./paths.ts";
import type { ExecutorContext } from "./sweep_run.ts";

/** The options of the command that concern executors. */
export interface ExecutorOptions extends Omit<SlurmOptions, "extra"> {
  readonly executor: "local" | "slurm";
  /** Further options of `sbatch`. */
  readonly slurm?: readonly string[] | undefined;
  readonly keepJobs?: true | undefined;
}

const slurmOnly = {
  partition: "--partition",
  time: "--time",
  gres: "--gres",
  cpusPerTask: "--cpus-per-task",
  mem: "--mem",
  account: "--account",
  qos: "--qos",
  slurm: "--slurm",
  keepJobs: "--keep-jobs",
} as const;

/**
 * The executor that the options name.
 *
 * @param adapters Adapters that local processes take turns with.
 * @throws {UserError} for options of another executor, and for what `sbatch` would not take.
 */
export function executorOf(
  options: ExecutorOptions,
  adapters: readonly NamedAdapter[],
): (context: ExecutorContext) => Executor {
  const { executor, processes = 1, keepJobs = false, slurm } = options;
  if (executor === "local") {
    for (const [key, name] of Object.entries(slurmOnly)) {
      if (key in options) throw new UserError(`${name} goes with --executor slurm`);
    }
    const environments = adapters.map(({ environment }) => environment);
    return () => new LocalExecutor({ processes, adapters: environments, root: PROJECT_ROOT });
  }
  if (adapters.length > 0) {
    throw new UserError("--adapter goes with --executor local: Slurm gives out devices by --gres");
  }
  const ask = { ...options, extra: slurm };
  sbatchOptions(ask);
  const run = slurmRunner((name) => Deno.env.get(name));
  return (context) => new SlurmExecutor({ ...context, ask, run, keepJobs });
}
