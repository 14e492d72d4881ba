/** `cell`: one run, for a sweep that starts many such processes. */
import { Command, Option } from "@commander-js/extra-typings";
import { join, resolve } from "node:path";
import type { Cell } from "../cells/cell.ts";
import { codeVersion } from "../cells/code_version.ts";
import { jobFormat, type JobRecord } from "../cells/job_file.ts";
import { directions } from "../data/translation/directions.ts";
import { DamagedError, UserError } from "../errors.ts";
import { profileNames } from "../models/profiles.ts";
import { LockedError } from "../util/folder_lock.ts";
import { hostName } from "../util/host_name.ts";
import { ProgressReporter } from "../util/progress.ts";
import { writeSealed } from "../util/sealed_file.ts";
import { shellLine } from "../util/shell_word.ts";
import { defaultData } from "./bench_command.ts";
import { planOf } from "./bench_request.ts";
import { trainPlan } from "./bench_train.ts";
import { listenForInterrupts } from "./interrupt.ts";
import { rate, seeds, wholeNumber, words } from "./options.ts";
import { cellsFolder, presentCommit, PROJECT_ROOT } from "./paths.ts";
import { suiteFor, trainingSuiteNames } from "./suites.ts";

const env = (name: string) => Deno.env.get(name);

/** Exit code of a run that another process is at work on (EX_TEMPFAIL of sysexits). */
const lockedCode = 75;

/** The file in which a job says what became of it. */
class JobFile {
  #record: JobRecord;

  constructor(private readonly folder: string | undefined, host: string) {
    this.#record = {
      state: "starting",
      cell: null,
      folder: null,
      reason: null,
      host,
      pid: Deno.pid,
      at: new Date().toISOString(),
    };
  }

  /** Identity of the cell, once it is known. */
  get cell(): string | null {
    return this.#record.cell;
  }

  /** Writes a change. */
  async say(change: Partial<JobRecord>): Promise<void> {
    this.#record = { ...this.#record, ...change, at: new Date().toISOString() };
    if (this.folder === undefined) return;
    await writeSealed(join(this.folder, "job.json"), jobFormat, this.#record);
  }
}

/** An error with the command that gets over it, where the files of the cell are damaged. */
function withAdvice(error: unknown, cell: string | null): unknown {
  if (!(error instanceof DamagedError) || cell === null) return error;
  const command = shellLine(["deno", "task", ...Deno.args, "--start-over", cell]);
  return new UserError(
    `${error.message}; \`${command}\` sets the damaged run aside and begins it anew`,
    { cause: error },
  );
}

/** The command, for `main.ts`. */
export function cellCommand(exit: (code: number) => void) {
  return new Command("cell")
    .description("Run one cell: a task, a model and a seed; used by sweep")
    .addOption(new Option("--suite <name>", "suite of the run").choices(trainingSuiteNames))
    .addOption(
      new Option("--profile <name>", "scale of the run").choices(profileNames).default("quick"),
    )
    .requiredOption("--task <name>", "the task", words)
    .requiredOption("--model <name>", "the model", words)
    .addOption(
      new Option("--seeds <seed>", "the seed, with a comma behind it").argParser(seeds)
        .default([1], "1,"),
    )
    .option("--batch-size <n>", "sentences per batch instead of the profile's", wholeNumber(1))
    .option("--updates <n>", "updates instead of the profile's", wholeNumber(1))
    .option("--learning-rate <rate>", "peak rate instead of the profile's", rate)
    .option("--carry-state", "train on contiguous text, with state from batch to batch")
    .addOption(new Option("--direction <name>", "of translation").choices(directions))
    .option("--average <n>", "evaluate the mean of the last n validated models", wholeNumber(1))
    .option("--data <folder>", "folder with official data files")
    .option("--cells <folder>", "folder that keeps all runs (default: results/cells)")
    .option("--job <folder>", "folder in which to say what became of the run")
    .option("--start-over <cell>", "set the damaged run of this cell aside and begin it anew")
    .addHelpText(
      "after",
      `
Exit code: 0 complete, 1 diverged, 2 an error, 75 another process has it, 130 or 143 interrupted; the
same command continues.

Example:
  deno task cell --suite lra --task listops --model mega --seeds 2, --learning-rate 4e-3`,
    )
    .action(async (options) => {
      const jobFolder = options.job === undefined ? undefined : resolve(options.job);
      const job = new JobFile(jobFolder, await hostName() ?? "unknown");
      const progress = new ProgressReporter();
      const interrupt = listenForInterrupts((line) => progress.message(line));
      try {
        await job.say({});
        const name = options.suite ?? suiteFor(options.task, options.model).name;
        const plan = planOf(options, name, await defaultData());
        if (plan.tasks.length * plan.models.length * plan.seeds.length !== 1) {
          throw new UserError("cell: give one task, one model and one seed such as `--seeds 2,`");
        }
        const code = await codeVersion(PROJECT_ROOT);
        const commit = presentCommit(env);
        const { startOver } = options;
        const onCell = async ({ id, folder }: Cell) => {
          await job.say({ state: "running", cell: id, folder });
          if (startOver === undefined || startOver === id) return;
          throw new UserError(`--start-over ${startOver}: the cell of these options is ${id}`);
        };
        const { outcome: { runs: [run] } } = await trainPlan(
          { plan, cells: cellsFolder(options.cells), code },
          {
            whenLocked: "fail",
            presentCode: code,
            commit,
            onCell,
            ...(startOver === undefined ? {} : { startOver }),
          },
          interrupt,
          progress,
        );
        if (run === undefined) {
          await job.say({ state: "interrupted", reason: "asked to stop" });
          return exit(interrupt.code());
        }
        const { status, reason } = run.done.row;
        const completed = status === "completed";
        await job.say({ state: completed ? "completed" : "diverged", reason });
        exit(completed ? 0 : 1);
      } catch (cause) {
        const error = withAdvice(cause, job.cell);
        const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
        await job.say({ state: "failed", reason });
        if (!(error instanceof LockedError)) throw error;
        console.error(error.message);
        exit(lockedCode);
      }
    });
}
