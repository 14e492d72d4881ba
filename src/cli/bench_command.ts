/** `bench`: trains and measures, prints the table, writes the result file. */
import { Command, Option } from "@commander-js/extra-typings";
import { resolve } from "node:path";
import { lmSuite, withoutCarriedState } from "../../bench/lm.ts";
import { adapterRecord } from "../../bench/adapter_record.ts";
import { runKernelSuite } from "../../bench/kernels.ts";
import type { TrainingSuite } from "../../bench/spec.ts";
import type { ScheduleSource, SuitePlan } from "../../bench/suite_plan.ts";
import { runTrainingSuite } from "../../bench/training_suite.ts";
import { openDevice } from "../device/device.ts";
import { measureReadbackLatency } from "../device/probes.ts";
import { directions } from "../data/translation/directions.ts";
import { UserError } from "../errors.ts";
import { translationTasks } from "../models/translation_preset_types.ts";
import { type ProfileName, profileNames } from "../models/profiles.ts";
import { collectEnvironment } from "../results/environment.ts";
import { kernelTable } from "../results/kernel_summary.ts";
import { type Result, resultSchemaId, resultSchemaVersion } from "../results/schema.ts";
import { defaultResultPath, readResult, writeResult } from "../results/store.ts";
import { formatScore } from "../results/display/score_format.ts";
import { samplesText } from "../results/display/samples.ts";
import { summaryTables } from "../results/summary.ts";
import { renderText } from "../results/table_text.ts";
import { ProgressReporter } from "../util/progress.ts";
import { inspectTerminal } from "../util/terminal.ts";
import {
  type BenchPlan,
  dropUnusedRun,
  findRun,
  outputOf,
  runFolder,
  savePlan,
} from "./bench_plan.ts";
import { efficiencyPlan, measureEfficiency } from "./bench_efficiency.ts";
import { choose, rates, seeds, updateCount, wholeNumber, words } from "./options.ts";
import { cacheFolder, cacheFolders, RESULTS_FOLDER } from "./paths.ts";
import { checkChoice, suiteFor, suiteNames, suiteOf, trainingSuites } from "./suites.ts";

const env = (name: string) => Deno.env.get(name);

/** Abort signal for Ctrl-C and termination; the second request ends the process at once. */
function interruptSignal(say: (line: string) => void): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) Deno.exit(130);
    say("stopping after this update; once more to give up at once");
    controller.abort();
  };
  Deno.addSignalListener("SIGINT", onSignal);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", onSignal);
  return controller.signal;
}

async function earlierResult(output: string): Promise<Result | undefined> {
  try {
    await Deno.stat(output);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return await readResult(output);
}

/** `MEGA_DATA`, or the folder that `data fetch` fills, if it has been filled. */
async function defaultData(): Promise<string | undefined> {
  const folder = cacheFolders(env).data;
  if (env("MEGA_DATA")) return folder;
  return await Deno.stat(folder).then(({ isDirectory }) => isDirectory, () => false)
    ? folder
    : undefined;
}

function printTables(result: Result): void {
  const tables = result.suite === "kernels" ? [kernelTable(result)] : summaryTables(result);
  const terminal = inspectTerminal(Deno.stdout);
  console.log(tables.map((table) => renderText(table, terminal)).join("\n\n"));
}

async function measureKernels(output: string, profile: ProfileName, only: string | undefined) {
  const startedAt = new Date().toISOString();
  const device = await openDevice();
  const report = (line: string) => console.error(line);
  const { rows, machine, warnings } = await runKernelSuite(device, {
    ...(only === undefined ? {} : { filter: only }),
    report,
  });
  const rates = { ...machine, readbackMilliseconds: await measureReadbackLatency(device) };
  const collected = await collectEnvironment(adapterRecord(device), { rates });
  device.destroy();
  const result: Result = {
    schema: resultSchemaId,
    version: resultSchemaVersion,
    startedAt,
    finishedAt: new Date().toISOString(),
    suite: "kernels",
    profile,
    overrides: only === undefined ? {} : { task: only },
    environment: collected.environment,
    rows: [],
    aggregate: [],
    kernels: rows,
    warnings: [...collected.warnings, ...warnings],
  };
  await writeResult(output, result);
  printTables(result);
  console.log(`\nwrote ${output}`);
}

function scheduleSource({ specs }: TrainingSuite, model: string): ScheduleSource {
  return {
    model,
    specOf(task) {
      const spec = specs.find((each) => each.task === task && each.model === model);
      if (!spec) throw new UserError(`${model} has no schedule for ${task}`);
      return spec;
    },
  };
}

async function train(plan: BenchPlan, folder: string, resuming: boolean): Promise<number> {
  const suite = suiteOf(plan.suite);
  const output = outputOf(folder);
  const progress = new ProgressReporter();
  const message = (line: string) => progress.message(line);
  const specs = suite.specs.filter(({ task, model }) =>
    plan.tasks.includes(task) && plan.models.includes(model)
  );
  const device = await openDevice();
  message(
    `${device.adapterInfo.description || device.adapterInfo.device}, ${plan.profile} profile`,
  );
  const suitePlan: SuitePlan = {
    suite: plan.suite,
    profile: plan.profile,
    specs,
    seeds: plan.seeds,
    batchSize: plan.batchSize ?? undefined,
    updates: plan.updates ?? undefined,
    scheduleOf: plan.scheduleOf === null ? undefined : scheduleSource(suite, plan.scheduleOf),
    learningRates: plan.learningRates,
    carryState: plan.carryState,
    direction: plan.direction ?? undefined,
    averagedModels: plan.averagedModels ?? undefined,
    output,
    checkpoints: folder,
    resuming,
    earlier: resuming ? await earlierResult(output) : undefined,
    dataDir: plan.dataDir ?? undefined,
    cacheDir: cacheFolder(env),
    leaveOut: plan.leaveOut,
    compileAhead: plan.profile === "smoke" && device.adapterClass === "software",
  };
  const result = await runTrainingSuite(device, suitePlan, {
    message,
    report: (run, { update, total, score, spec, ...report }) =>
      progress.update({
        ...run,
        step: update,
        total,
        score: { label: spec.name, text: formatScore(score, spec.unit) },
        ...report,
      }),
    signal: interruptSignal(message),
  });
  progress.clear();
  device.destroy();
  if (result.rows.length > 0) printTables(result);
  const samples = samplesText(result.rows, inspectTerminal(Deno.stdout).width);
  if (samples !== "") console.log(`\n${samples}`);
  if (result.finishedAt === null) {
    console.error(`interrupted; \`deno task bench --resume\` continues ${folder}`);
    return 130;
  }
  await Deno.remove(folder, { recursive: true });
  console.log(`\nwrote ${output}`);
  for (const line of result.warnings) console.error(`warning: ${line}`);
  const trials = specs.length * plan.learningRates.length;
  const whole = specs.length * plan.seeds.length + trials === result.rows.length;
  return whole && result.rows.every((row) => row.status === "completed") ? 0 : 1;
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
    .option("--seeds <list>", "how many seeds, or a comma-separated list", seeds, [1])
    .option("--batch-size <n>", "sentences per batch instead of the profile's", wholeNumber(1))
    .option("--updates <n>", "updates instead of the profile's", updateCount)
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
    .option("--resume [run]", "continue an interrupted run: a result file, or the latest")
    .addHelpText(
      "after",
      `
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
    .action(async (options) => {
      if (options.resume !== undefined && options.suite !== "efficiency") {
        const { folder, plan } = await findRun(options.resume, RESULTS_FOLDER);
        return exit(await train(plan, folder, true));
      }
      const profile: ProfileName = options.profile;
      const name = options.suite ?? suiteFor(options.task, options.model).name;
      const output = resolve(
        options.output ??
          `${RESULTS_FOLDER}/../${defaultResultPath(name, profile, new Date())}`,
      );
      const trains = trainingSuites.some((suite) => suite.name === name);
      if (!trains && (options.direction !== undefined || options.average !== undefined)) {
        throw new UserError(`--direction and --average: ${name} trains nothing to its end`);
      }
      if (name === "efficiency") {
        const signal = interruptSignal((line) => console.error(line));
        return exit(await measureEfficiency(efficiencyPlan(options, output), signal));
      }
      if (name === "kernels") {
        return await measureKernels(output, profile, options.task?.[0]);
      }
      const { specs, models, tasks } = suiteOf(name);
      const translates = specs.some(({ task }) => translationTasks.some((one) => one === task));
      if (options.direction !== undefined && !translates) {
        throw new UserError("--direction: only for translation; add --suite translation");
      }
      if (options.carryState && name !== lmSuite.name) {
        throw new UserError("--carry-state: only language models carry state; add --suite lm");
      }
      const names = (key: "task" | "model") => [...new Set(specs.map((spec) => spec[key]))];
      const plan: BenchPlan = {
        format: "mega-webgpu/bench-plan-4",
        suite: name,
        profile,
        tasks: choose("task", names("task"), options.task ?? tasks),
        models: choose("model", names("model"), options.model ?? models),
        seeds: options.seeds,
        batchSize: options.batchSize ?? null,
        updates: options.updates ?? null,
        dataDir: options.data ? resolve(options.data) : await defaultData() ?? null,
        scheduleOf: options.scheduleOf === undefined
          ? null
          : choose("model", names("model"), [options.scheduleOf])[0],
        learningRates: options.learningRates ?? [],
        carryState: options.carryState ?? false,
        direction: options.direction ?? null,
        averagedModels: options.average ?? null,
        leaveOut: options.suite !== undefined && options.task === undefined,
      };
      checkChoice(suiteOf(name), plan.tasks, plan.models, options.model);
      const stateless = plan.models.filter((model) => withoutCarriedState.includes(model));
      if (plan.carryState && stateless.length > 0) {
        const others = names("model").filter((model) => !withoutCarriedState.includes(model));
        throw new UserError(
          `--carry-state: ${stateless.join(", ")} cannot hand state from batch to batch; ` +
            `add --model ${others.join(",")}`,
        );
      }
      const folder = runFolder(output);
      await savePlan(folder, plan);
      try {
        exit(await train(plan, folder, false));
      } catch (error) {
        if (error instanceof UserError) await dropUnusedRun(folder);
        throw error;
      }
    });
}
