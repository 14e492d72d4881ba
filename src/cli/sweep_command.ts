/** `sweep`: many runs with lists of settings, on this machine or elsewhere. */
import { Command, Option } from "@commander-js/extra-typings";
import { join } from "node:path";
import { codeVersion } from "../cells/code_version.ts";
import { directions } from "../data/translation/directions.ts";
import { profileNames } from "../models/profiles.ts";
import { parseAdapters } from "../sweep/adapters.ts";
import { expandJobs } from "../sweep/expand.ts";
import { jobEnvironment } from "../sweep/job_environment.ts";
import { defaultName } from "../sweep/plan.ts";
import { checkName } from "../sweep/sweep_folder.ts";
import { shellLine } from "../util/shell_word.ts";
import { defaultData } from "./bench_command.ts";
import { rates, seeds, wholeNumber, wholeNumbers, words } from "./options.ts";
import { cellsFolder, PROJECT_ROOT, RESULTS_FOLDER } from "./paths.ts";
import { checkOutput } from "./result_output.ts";
import { checkAdapters } from "./sweep_adapters.ts";
import { executorOf } from "./sweep_executor.ts";
import { sweepPlanOf } from "./sweep_plan.ts";
import { jobRunner, runSweep, SWEEPS_FOLDER, watchSweep } from "./sweep_run.ts";
import { trainingSuiteNames } from "./suites.ts";

const collect = (value: string, earlier: string[] | undefined) => [...earlier ?? [], value];

/** The command, for `main.ts`. */
export function sweepCommand(exit: (code: number) => void) {
  return new Command("sweep")
    .description("Run many cells: settings times tasks, models and seeds; the best setting counts")
    .addOption(new Option("--suite <name>", "as in bench").choices(trainingSuiteNames))
    .addOption(
      new Option("--profile <name>", "scale of the runs").choices(profileNames).default("quick"),
    )
    .option("--task <names>", "only these tasks, comma-separated", words)
    .option("--model <names>", "only these models, comma-separated", words)
    .addOption(
      new Option("--seeds <list>", "how many seeds, or a comma-separated list")
        .argParser(seeds)
        .default([1], "1"),
    )
    .option("--learning-rate <list>", "peak rates, comma-separated", rates)
    .option("--batch-size <list>", "sentences per batch, comma-separated", wholeNumbers(1))
    .option("--updates <list>", "updates, comma-separated", wholeNumbers(1))
    .option("--average <list>", "how many last models are averaged", wholeNumbers(1))
    .option("--setting <values>", "one setting instead of a grid; may be repeated", collect)
    .option("--carry-state", "language models: train with state from batch to batch")
    .addOption(new Option("--direction <name>", "of translation").choices(directions))
    .option("--data <folder>", "folder with official data files")
    .option("--cells <folder>", "folder that keeps all runs (default: results/cells)")
    .option("--name <name>", "name of the sweep (default: suite, profile and hash of the plan)")
    .addOption(
      new Option("--executor <name>", "what runs the jobs").choices(["local", "slurm"] as const)
        .default("local" as const),
    )
    .option("--processes <n>", "jobs at a time (default: 1; with Slurm all)", wholeNumber(1, 1024))
    .option("--adapter <names>", "adapters that the processes take turns with", words)
    .option("--retries <n>", "new attempts at a job that something else ended", wholeNumber(0), 2)
    .option("--partition <name>", "Slurm: partition of the jobs")
    .option("--time <limit>", "Slurm: time limit of a job, such as 4:00:00")
    .option("--gres <list>", "Slurm: what a job needs, such as gpu:1")
    .option("--cpus-per-task <n>", "Slurm: processors of a job", wholeNumber(1))
    .option("--mem <size>", "Slurm: memory of a job, such as 16G")
    .option("--account <name>", "Slurm: who pays")
    .option("--qos <name>", "Slurm: quality of service")
    .option("--slurm <option>", "Slurm: any other option of sbatch; may be repeated", collect)
    .option("--keep-jobs", "Slurm: leave the jobs running when this command is interrupted")
    .option("--output <file>", "result file (default: results/sweep-NAME.json)")
    .option("--overwrite", "replace the result file where there is one")
    .option("--dry-run", "print what would run")
    .option(
      "--watch [name]",
      "show a running sweep, the latest unless it is named; changes nothing",
    )
    .addHelpText(
      "after",
      `
Every combination of the listed settings runs with every task, model and seed: one job each, of which
runs that exist already (in --cells) are not repeated. The same command continues an interrupted
sweep. In the result the setting with the best mean validation score is final, the others are trials.

--adapter: Deno gives no list of adapters and takes neither a name nor a number. With Vulkan works
  10de:2684          PCI numbers as \`lspci -nn\` shows them: the loader then puts this device first
  mesa, swiftshader  the software adapters
  VARIABLE=VALUE     what only a driver understands, such as VK_DRIVER_FILES=/path/icd.json, or
                     DRI_PRIME=pci-0000_65_00_0! where Mesa's device-select layer is installed
Which adapter answers is asked before the sweep starts, and all must be of one kind, since a result
has one. Of several cards of one kind the answer does not say which it is: their driver must have a
variable for that. NVIDIA's has none; there give every process a container or a cluster job.

--executor slurm submits the jobs as a job array, in which they wait, run, and start again where they
were pre-empted or their node failed, from their last checkpoint. The checkout, the cache and --cells
have to lie on a file system that the nodes share. Interrupting this command ends the jobs, unless
--keep-jobs is given; after its loss the same command follows the jobs that are still there.

Exit code: 0 all jobs have a result (diverged ones too), 1 some do not, 2 an error, 130 or 143
interrupted.

Examples:
  deno task sweep --suite lm --task characters --model mega,transformer --learning-rate 5e-3,1e-2
  deno task sweep --task listops --model mega --learning-rate 2e-3,4e-3 --batch-size 16,32 --seeds 3
  deno task sweep --task listops --setting "learning-rate=4e-3 batch-size=32" \\
    --setting "learning-rate=2e-3 batch-size=16" --processes 2
  deno task sweep --task listops --learning-rate 2e-3,4e-3 --dry-run
  deno task sweep --task listops --seeds 5 --executor slurm --gres gpu:1 --time 4:00:00 \\
    --slurm=--constraint=a100
  deno task sweep --watch`,
    )
    .action(async (options) => {
      if (options.watch !== undefined) {
        return await watchSweep(options.watch === true ? true : checkName(options.watch));
      }
      const plan = sweepPlanOf(options, {
        data: await defaultData(),
        cells: cellsFolder(options.cells),
        code: await codeVersion(PROJECT_ROOT),
      });
      const jobs = expandJobs(plan);
      const name = options.name === undefined ? defaultName(plan) : checkName(options.name);
      const adapters = parseAdapters(options.adapter ?? []);
      const environment = jobEnvironment(Deno.env.toObject());
      const executor = executorOf(options, adapters);
      if (options.dryRun) {
        const folder = join(SWEEPS_FOLDER, name);
        const runOf = jobRunner(folder, plan, environment);
        const { signal } = new AbortController();
        const shown = executor({ folder, signal, report: console.error });
        console.log(await shown.describe(jobs.map((job) => runOf(job, 1))));
        return;
      }
      const { overwrite = false, retries } = options;
      const output = await checkOutput(
        options.output ?? join(RESULTS_FOLDER, `sweep-${name}.json`),
        overwrite,
      );
      for (const line of await checkAdapters(adapters, environment)) console.error(line);
      const command = shellLine(["deno", "task", ...Deno.args]);
      const processes = options.processes ?? (options.executor === "local" ? 1 : null);
      exit(
        await runSweep({
          ...{ name, plan, executor, processes, retries },
          ...{ environment, output, overwrite, command },
        }),
      );
    });
}
