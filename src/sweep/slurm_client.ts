/** Asks a Slurm cluster: one method for each question, and one error for "ask again later". */
import { UserError } from "../errors.ts";
import type { RunSlurm, SlurmOutput, SlurmProgram } from "./slurm_programs.ts";
import {
  accountingFormat,
  parseAccounting,
  parseArrayId,
  parseMaxArraySize,
  parseQueue,
  parseSubmitted,
  queueFormat,
  type TaskEntries,
} from "./slurm_states.ts";

/** How an array is found again: a number alone may mean another job of a cluster that was set up anew. */
export interface ArrayName {
  readonly id: number;
  readonly name: string;
}

/** Slurm does not answer now; whether it has done what was asked is unknown. */
export class SlurmAway extends Error {}

/** The controller is down, restarts, or is too busy; or the daemon that signs requests is. */
const AWAY =
  /unable to contact|connect(?:ion)? (?:refused|reset|failure|timed out)|timed out|zero bytes|communication|temporarily|authentication|munge/i;

const UNKNOWN_JOB = /invalid job id/i;

/** See the module comment. Every method throws {@link SlurmAway}, and `UserError` without Slurm. */
export class SlurmClient {
  readonly #run: RunSlurm;
  #accounts = true;

  constructor(run: RunSlurm) {
    this.#run = run;
  }

  /**
   * Submits an array.
   *
   * @returns Its number.
   * @throws {UserError} when Slurm refuses it.
   */
  async submit(args: readonly string[]): Promise<number> {
    const output = await this.#run("sbatch", args);
    if (!output.ok) throw failure("sbatch", output);
    const id = parseSubmitted(output.stdout);
    if (id === undefined) throw new SlurmAway(`sbatch printed ${JSON.stringify(output.stdout)}`);
    return id;
  }

  /** The tasks of arrays that are waiting, running, or have ended in the last minutes. */
  async queue(arrays: readonly ArrayName[], signal?: AbortSignal): Promise<TaskEntries> {
    const output = await this.#run("squeue", [
      "--noheader",
      "--array",
      "--states=all",
      ...selection(arrays),
      `--Format=${queueFormat}`,
    ], signal);
    if (output.ok) return parseQueue(output.stdout);
    if (UNKNOWN_JOB.test(output.stderr)) return new Map();
    throw new SlurmAway(lastLine(output.stderr));
  }

  /** The tasks of arrays as the accounting knows them; none where there is none, or it is away. */
  async accounting(arrays: readonly ArrayName[], signal?: AbortSignal): Promise<TaskEntries> {
    const args = [...selection(arrays), `--format=${accountingFormat}`];
    return parseAccounting(await this.#sacct(args, signal));
  }

  /**
   * Finds an array by its name.
   *
   * @param since When it was submitted at the earliest.
   */
  async find(name: string, since: Date): Promise<number | undefined> {
    const output = await this.#run("squeue", [
      "--noheader",
      "--states=all",
      `--name=${name}`,
      "--Format=ArrayJobID:|",
    ]);
    if (!output.ok) throw new SlurmAway(lastLine(output.stderr));
    const listed = parseArrayId(output.stdout);
    if (listed !== undefined) return listed;
    const days = Math.ceil((Date.now() - since.getTime()) / 86_400_000) + 1;
    return parseArrayId(
      await this.#sacct([`--name=${name}`, `--starttime=now-${days}days`, "--format=JobID"]),
    );
  }

  /** Ends all tasks of an array; that there is none is no error. */
  async cancel(name: string, signal?: AbortSignal): Promise<void> {
    const output = await this.#run("scancel", [`--name=${name}`], signal);
    if (!output.ok && !UNKNOWN_JOB.test(output.stderr)) throw failure("scancel", output);
  }

  /**
   * How many tasks an array may have.
   *
   * @throws {UserError} where Slurm knows no arrays.
   */
  async maxArraySize(): Promise<number> {
    const output = await this.#run("scontrol", ["show", "config"]);
    if (!output.ok) throw failure("scontrol", output);
    const size = parseMaxArraySize(output.stdout);
    if (size >= 1) return size;
    throw new UserError("this Slurm takes no job arrays: its MaxArraySize is 0");
  }

  async #sacct(args: readonly string[], signal?: AbortSignal): Promise<string> {
    if (!this.#accounts) return "";
    const common = ["--noheader", "--parsable2", "--allocations"];
    const output = await this.#run("sacct", [...common, ...args], signal);
    if (output.ok) return output.stdout;
    if (/accounting storage is disabled/i.test(output.stderr)) this.#accounts = false;
    return "";
  }
}

function selection(arrays: readonly ArrayName[]): string[] {
  return [
    `--jobs=${arrays.map(({ id }) => id).join(",")}`,
    `--name=${arrays.map(({ name }) => name).join(",")}`,
  ];
}

function failure(program: SlurmProgram, { stderr }: SlurmOutput): Error {
  const line = lastLine(stderr);
  return AWAY.test(line) ? new SlurmAway(line) : new UserError(`${program}: ${line}`);
}

function lastLine(text: string): string {
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  return line.replace(/^\w+:? error: /, "") || "no answer";
}
