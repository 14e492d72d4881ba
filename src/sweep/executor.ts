/**
 * What runs the jobs of a sweep: this machine (`local_executor.ts`) or a cluster. The controller
 * decides which jobs run, and which run again; an executor starts them, says what became of them
 * and ends them.
 */

/** One attempt at one job: all that an executor needs to run it. */
export interface JobRun {
  /** Number of the job in its sweep, from 0. */
  readonly index: number;
  /** Number of this attempt, from 1. */
  readonly attempt: number;
  /** Folder of the job (absolute); the job writes `job.json` there itself. */
  readonly folder: string;
  /** File that takes the standard output and error of this attempt (absolute; its folder exists). */
  readonly log: string;
  /** Program and arguments, from {@link jobCommand}. All paths in it are absolute. */
  readonly argv: readonly string[];
  /**
   * The whole environment of the process: nothing else is inherited. It never holds `LD_*`, which
   * would demand the permission to run any program.
   */
  readonly environment: Readonly<Record<string, string>>;
}

/** Exit codes of a job, beside those above 128 that name the signal which ended it. */
export const jobExitCodes = {
  completed: 0,
  diverged: 1,
  /** One line in the log says what is wrong; trying again does not help. */
  failed: 2,
  /** Another process works on the same cell. */
  locked: 75,
} as const;

/** What an executor knows of an attempt. */
export type JobStatus =
  /** Handed over, not started (or put back by the cluster); `note` says why, for people. */
  | { readonly kind: "queued"; readonly note: string | null }
  /** Running; `place` names the machine where it is not this one. */
  | { readonly kind: "running"; readonly place: string | null }
  | {
    readonly kind: "ended";
    /**
     * Exit code; `null` where the job did not end itself (a signal, pre-emption, a time limit, a
     * machine that failed): such a job runs again and continues at its last checkpoint.
     */
    readonly code: number | null;
    /** Why it ended, for people: `null` where the exit code says all. */
    readonly reason: string | null;
  };

/** Runs jobs. Every method throws `UserError` for what the user can mend (no `sbatch`, say). */
export interface Executor {
  /** Name for people: `local`, `slurm`. */
  readonly name: string;
  /** How many attempts may be handed over at a time; `Infinity` where something else queues them. */
  readonly capacity: number;
  /**
   * Attempts that an earlier controller of the same sweep handed over and that have not ended; from
   * then on they are as if this executor had taken them. Called once, before everything else.
   */
  adopt(): Promise<readonly JobRun[]>;
  /** Takes attempts, all in one go where it can (a job array). No job has two at a time. */
  submit(runs: readonly JobRun[]): Promise<void>;
  /**
   * The status of every attempt that was submitted or adopted, by the number of its job; of jobs
   * with several attempts, that of the last. Called about once a second: an executor that asks
   * others may answer with what it knew a moment ago.
   */
  poll(): Promise<ReadonlyMap<number, JobStatus>>;
  /**
   * Ends everything that has not ended: SIGTERM first, so that checkpoints are kept, SIGKILL when
   * that does not help. Returns within {@link cancelSeconds}, with nothing left that could go on.
   */
  cancel(): Promise<void>;
  /** Releases what the executor holds; ends nothing. Called last, whatever happened. */
  close(): Promise<void>;
  /** What `submit` would do, as text for `--dry-run`: command lines, or the script. */
  describe(runs: readonly JobRun[]): Promise<string>;
}

/**
 * Longest time that {@link Executor.cancel} may take, seconds: a launcher above the controller
 * kills it a second later.
 */
export const cancelSeconds = 3.5;

/** Where the program is. */
export interface ProgramPlace {
  /** The Deno binary. */
  readonly deno: string;
  /** Folder of the checkout. */
  readonly root: string;
}

/**
 * Program and arguments of a job: the launcher, as the tasks in deno.json start it, with the command
 * `cell` for exactly one run.
 *
 * @param folder Folder of the job, absolute.
 * @param args Options of the one run, such as `--suite lm --task characters`.
 */
export function jobCommand(
  { deno, root }: ProgramPlace,
  folder: string,
  args: readonly string[],
): string[] {
  return [
    deno,
    "run",
    "--no-check",
    "--no-prompt",
    `--lock=${root}/deno.lock`,
    "--frozen",
    "--allow-run",
    "--allow-read",
    "--allow-write",
    "--allow-env",
    `${root}/src/cli/launch.ts`,
    "cell",
    "--job",
    folder,
    ...args,
  ];
}

/** Log of an attempt in the folder of its job. */
export function logPath(folder: string, attempt: number): string {
  return `${folder}/log-${attempt}.txt`;
}
