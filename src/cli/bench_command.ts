/** `bench`: trains and measures, prints the table, writes the result file. */
import { Command, Option } from "@commander-js/extra-typings";
import type { EfficiencyPlan } from "../../bench/efficiency.ts";
import { codeVersion } from "../cells/code_version.ts";
import { directions } from "../data/translation/directions.ts";
import { UserError } from "../errors.ts";
import { profileNames } from "../models/profiles.ts";
import type { Result } from "../results/schema.ts";
import { efficiencyPlan, measureEfficiency } from "./bench_efficiency.ts";
import { measureKernels } from "./bench_kernels.ts";
import { type BenchRecord, findRun, readRun, runName } from "./bench_plan.ts";
import { checkResumed, planOf } from "./bench_request.ts";
import { train } from "./bench_train.ts";
import { listenForInterrupts } from "./interrupt.ts";
import { rate, rates, seeds, updateCount, wholeNumber, words } from "./options.ts";
import { cacheFolders, cellsFolder, presentCommit, PROJECT_ROOT } from "./paths.ts";
import { checkOutput, ResultFile } from "./result_output.ts";
import { suiteFor, suiteNames, trainingSuites } from "./suites.ts";

const env = (name: string) => Deno.env.get(name);

/** `MEGA_DATA`, or the folder that `data fetch` fills, if it has been filled. */
export async function defaultData(): Promise<string | undefined> {
  const folder = cacheFolders(env).data;
  if (env("MEGA_DATA")) return folder;
  return await Deno.stat(folder).then(({ isDirectory }) => isDirectory, () => false)
    ? folder
    : undefined;
}

/** Writes what was measured. @returns The exit code. */
async function keep(result: Result, file: ResultFile, interrupted: number): Promise<number> {
  if (result.rows.length + result.kernels.length === 0) {
    console.error("interrupted before anything was measured");
    return interrupted;
  }
  console.log(`\nwrote ${await file.write(result)}`);
  if (result.finishedAt === null) {
    console.error("interrupted: the file holds what was done");
    return interrupted;
  }
  return result.rows.every((row) => row.status === "completed") ? 0 : 1;
}

/** Measures speed. What was measured before something goes wrong is kept. @returns The exit code. */
async function efficiency(plan: EfficiencyPlan, file: ResultFile): Promise<number> {
  const { signal, code } = listenForInterrupts((line) => console.error(line));
  try {
    const onLength = async (result: Result) => void await file.write(result);
    return await keep(await measureEfficiency(plan, { signal, onLength }), file, code());
  } catch (error) {
    if (!(error instanceof UserError) || file.path === undefined) throw error;
    throw new UserError(`${error.message}; ${file.path} holds what was done`, { cause: error });
  }
}

interface ResumeOptions {
  readonly overwrite: boolean;
  readonly otherCode: boolean;
  readonly startOver: string | undefined;
}

/** Continues a run. @param given Options beside `--resume`. */
async function resume(
  which: string | true,
  cells: string,
  given: ReadonlyMap<string, unknown>,
  { overwrite, otherCode, startOver }: ResumeOptions,
): Promise<number> {
  const record = await findRun(which, cells);
  checkResumed(record, given);
  const commit = presentCommit(env);
  const code = await codeVersion(PROJECT_ROOT);
  if (code !== record.code && !otherCode) {
    const at = record.commit === null ? "" : ` (commit ${record.commit.slice(0, 12)})`;
    throw new UserError(
      `--resume: ${runName(record)} was begun with other sources${at}: check them out, or add ` +
        "--other-code to go on with these, which the result records; without --resume it starts anew",
    );
  }
  if (record.output !== null) await checkOutput(record.output, overwrite);
  if (startOver !== undefined && !record.began.includes(startOver)) {
    throw new UserError(`--start-over ${startOver}: not a cell that ${runName(record)} began`);
  }
  return await train(record, {
    overwrite,
    whenLocked: "wait",
    presentCode: code,
    commit,
    ...(startOver === undefined ? {} : { startOver }),
  });
}

/** The command, for `main.ts`. */
export function benchCommand(exit: (code: number) => void) {
  return new Command("bench")
    .description("Train and measure models, print the table, write the result file")
    .addOption(
      new Option("--suite <name>", "what to measure (default: that of the tasks, else overview)")
        .choices(suiteNames),
    )
    .addOption(
      new Option("--profile <name>", "scale of the run").choices(profileNames).default("quick"),
    )
    .option(
      "--task <names>",
      "only these tasks (for kernels: names that contain this), comma-separated",
      words,
    )
    .option("--model <names>", "only these models, comma-separated", words)
    .addOption(
      new Option("--seeds <list>", "how many seeds, or a comma-separated list")
        .argParser(seeds)
        .default([1], "1"),
    )
    .option("--batch-size <n>", "sentences per batch instead of the profile's", wholeNumber(1))
    .option("--updates <n>", "updates instead of the profile's", updateCount)
    .option("--learning-rate <rate>", "peak rate of all models instead of the profile's", rate)
    .option(
      "--learning-rates <list>",
      "peak rates that every model tries; the best by validation trains the seeds",
      rates,
    )
    .option(
      "--carry-state",
      "language models: train on contiguous text, with state from batch to batch",
    )
    .addOption(
      new Option("--direction <name>", "translation: from which language to which (default: en-de)")
        .choices(directions),
    )
    .option(
      "--average <n>",
      "evaluate the mean of the models at the last n validations, not the best one",
      wholeNumber(1),
    )
    .option("--schedule-of <model>", "train all with the learning-rate schedule of this model")
    .option(
      "--data <folder>",
      "folder with official data files (default: MEGA_DATA, or where data fetch puts them)",
    )
    .option("--output <file>", "result file (default: results/SUITE-PROFILE-TIME.json)")
    .option("--overwrite", "replace the result file where there is one")
    .option("--cells <folder>", "folder that keeps all runs (default: results/cells)")
    .option("--resume [run]", "continue an interrupted run: its name or result file, or the latest")
    .option("--other-code", "with --resume: go on although the sources have changed")
    .option("--start-over <cell>", "with --resume: set a damaged run aside and begin it anew")
    .addHelpText(
      "after",
      `
A run that is complete is kept in its cell and not run again; the same command continues where it was
interrupted, and so does --resume.

Examples:
  deno task bench                                   Mega and Transformer on a task of each family
  deno task bench --suite lra                       all six tasks, five models each
  deno task bench --task text --model mega,s4d-lin --data ~/data
  deno task bench --profile smoke --task listops    five small models, about a minute
  deno task bench --seeds 3 --output results/my.json
  deno task bench --task text --schedule-of s4      Mega and all others with S4's schedule
  deno task bench --resume                          continue after an interruption
  deno task bench --suite lm                        language models of characters and words
  deno task bench --suite lm --learning-rates 5e-3,1e-2,2e-2 --seeds 3
  deno task bench --suite translation               English to German: numbers in words, and BLEU
  deno task bench --task multi30k --data ~/data --direction de-en
  deno task bench --task numbers --average 3        the mean of the last three validated models
  deno task bench --suite efficiency                speed and memory at lengths 1K to 4K
  deno task bench --suite kernels                   time every kernel on this adapter
  deno task bench --suite kernels --task matmul     only the matrix products`,
    )
    .action(async (options, command) => {
      const { overwrite = false, resume: which } = options;
      if (which !== undefined && options.suite !== "efficiency") {
        const given = new Map(
          Object.entries(options).filter(([name]) =>
            command.getOptionValueSource(name) === "cli" && name !== "resume"
          ),
        );
        const { otherCode = false, startOver } = options;
        return exit(
          await resume(which, cellsFolder(options.cells), given, {
            overwrite,
            otherCode,
            startOver,
          }),
        );
      }
      if (options.otherCode || options.startOver !== undefined) {
        throw new UserError("--other-code and --start-over: only with --resume");
      }
      const { profile } = options;
      const name = options.suite ?? suiteFor(options.task, options.model).name;
      const output = options.output === undefined
        ? undefined
        : await checkOutput(options.output, overwrite);
      const trains = trainingSuites.some((suite) => suite.name === name);
      if (!trains && (options.direction !== undefined || options.average !== undefined)) {
        throw new UserError(`--direction and --average: ${name} trains nothing to its end`);
      }
      const file = new ResultFile(output, overwrite);
      if (name === "efficiency") return exit(await efficiency(efficiencyPlan(options), file));
      if (name === "kernels") {
        return exit(await keep(await measureKernels(profile, options.task), file, 130));
      }
      const fresh: BenchRecord = {
        plan: planOf(options, name, await defaultData()),
        cells: cellsFolder(options.cells),
        output: output ?? null,
        code: await codeVersion(PROJECT_ROOT),
        commit: presentCommit(env),
        startedAt: new Date().toISOString(),
        result: null,
        began: [],
      };
      const earlier = await readRun(fresh.cells, runName(fresh));
      const { startedAt, result, began } = earlier ?? fresh;
      exit(
        await train({ ...fresh, startedAt, result, began }, {
          overwrite,
          whenLocked: "wait",
          presentCode: fresh.code,
          commit: fresh.commit,
        }),
      );
    });
}
