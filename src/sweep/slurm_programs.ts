/** Runs Slurm's own programs. */
import { UserError } from "../errors.ts";

/** The programs of Slurm that a sweep runs: no others need to be permitted. */
export const slurmPrograms = ["sbatch", "squeue", "sacct", "scancel", "scontrol"] as const;
/** See {@link slurmPrograms}. */
export type SlurmProgram = typeof slurmPrograms[number];

/** How a program ended. */
export interface SlurmOutput {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one program to its end. */
export type RunSlurm = (
  program: SlurmProgram,
  args: readonly string[],
  signal?: AbortSignal,
) => Promise<SlurmOutput>;

/** What Slurm's programs get of the environment, beside the locale; the jobs get it as well. */
const VARIABLES = ["PATH", "HOME", "USER", "LOGNAME", "SLURM_CONF", "SLURM_CONF_SERVER"] as const;

/** Longest time for an answer, milliseconds: Slurm's own patience is shorter. */
const ANSWER_MS = 60_000;

/**
 * Runs programs with nothing in their environment but what they need: variables of an outer job
 * would change what they do, and those of the dynamic loader would demand the permission to run
 * any program.
 *
 * @param env Reads a variable of this process.
 */
export function slurmRunner(env: (name: string) => string | undefined): RunSlurm {
  const variables = VARIABLES.flatMap((name) => {
    const value = env(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return async (program, args, signal) => {
    const limit = AbortSignal.timeout(ANSWER_MS);
    try {
      const { success, stdout, stderr } = await new Deno.Command(program, {
        args: [...args],
        clearEnv: true,
        env: { ...Object.fromEntries(variables), LC_ALL: "C.UTF-8" },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { ok: success, stdout: text(stdout), stderr: text(stderr) };
    } catch (error) {
      // Deno says the second where a program was not there when this process started.
      const missing = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.NotCapable;
      if (!missing) throw error;
      throw new UserError(
        `${program} is not installed: start the sweep on a machine that submits to Slurm`,
        { cause: error },
      );
    }
  };
}
