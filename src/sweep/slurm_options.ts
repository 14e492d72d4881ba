/** What jobs ask Slurm for, and the options of `sbatch` that say so. */
import { UserError } from "../errors.ts";

/** What the user asks for; `undefined` leaves it to the cluster. */
export interface SlurmOptions {
  readonly partition?: string | undefined;
  /** Time limit of a job, as `sbatch --time` takes it: `30`, `4:00:00`, `1-12`. */
  readonly time?: string | undefined;
  /** For example `gpu:1`. */
  readonly gres?: string | undefined;
  readonly cpusPerTask?: number | undefined;
  /** Memory of a job, for example `16G`. */
  readonly mem?: string | undefined;
  readonly account?: string | undefined;
  readonly qos?: string | undefined;
  /** Jobs of an array that may run at a time. */
  readonly processes?: number | undefined;
  /** Further options of `sbatch`, such as `--constraint=a100`; they come last and so win. */
  readonly extra?: readonly string[] | undefined;
}

/** Time for a last checkpoint before the time limit, seconds. */
const CHECKPOINT_SECONDS = 60;

/** Options that say how the sweep and its jobs find each other. */
const OWN_OPTIONS = [
  "array",
  "chdir",
  "clusters",
  "error",
  "export",
  "export-file",
  "help",
  "input",
  "job-name",
  "open-mode",
  "output",
  "parsable",
  "quiet",
  "test-only",
  "usage",
  "version",
  "wait",
  "wrap",
] as const;
const OWN_LETTERS = "aDMehiJoQVW";

/**
 * The options of `sbatch` that follow from what the user asks for.
 *
 * @throws {UserError} when `extra` has what is no option, or is set by the sweep.
 */
export function sbatchOptions(options: SlurmOptions): string[] {
  const { partition, time, gres, cpusPerTask, mem, account, qos, extra = [] } = options;
  const named = { partition, time, gres, "cpus-per-task": cpusPerTask, mem, account, qos };
  return [
    // A job that was pre-empted, or whose node failed, goes back into the queue.
    "--requeue",
    // The signal goes to the launcher, which has taken the place of the script's shell.
    `--signal=B:TERM@${CHECKPOINT_SECONDS}`,
    ...Object.entries(named).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}=${value}`]
    ),
    ...extra.map(checkExtra),
  ];
}

function checkExtra(option: string): string {
  const [, long] = /^--([a-z][a-z-]*)(?:=.*)?$/s.exec(option) ?? [];
  const [, letter] = /^-([A-Za-z])/.exec(option) ?? [];
  if (long === undefined && letter === undefined) {
    throw new UserError(
      `--slurm ${JSON.stringify(option)}: give one option of sbatch, such as --constraint=a100`,
    );
  }
  // Programs accept the beginning of an option's name for the whole.
  const own = long !== undefined
    ? OWN_OPTIONS.some((name) => name.startsWith(long))
    : OWN_LETTERS.includes(letter);
  if (own) throw new UserError(`--slurm ${option}: this option is set by the sweep itself`);
  return option;
}
