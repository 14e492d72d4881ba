/** Runs a bench record to its end and derives its result. */
import { dirname } from "node:path";
import type { TrainingSuite } from "../../bench/spec.ts";
import type { ScheduleSource, SuiteOutcome, SuitePlan } from "../../bench/suite_plan.ts";
import { suiteResult, writeSuiteResult } from "../../bench/suite_result.ts";
import { runTrainingSuite } from "../../bench/training_suite.ts";
import type { Cell } from "../cells/cell.ts";
import { openDevice } from "../device/device.ts";
import { UserError } from "../errors.ts";
import { samplesText } from "../results/display/samples.ts";
import { formatScore } from "../results/display/score_format.ts";
import type { Result } from "../results/schema.ts";
import { summaryTables } from "../results/summary.ts";
import { renderText } from "../results/table_text.ts";
import { ProgressReporter } from "../util/progress.ts";
import { removeLeftOvers } from "../util/left_overs.ts";
import { isPresent } from "../util/read_error.ts";
import { inspectTerminal } from "../util/terminal.ts";
import { BegunCells } from "./begun_cells.ts";
import { interruptedAdvice, storeOption, withAdvice } from "./bench_advice.ts";
import { type BenchRecord, runName, saveRun } from "./bench_plan.ts";
import { type Interrupt, listenForInterrupts } from "./interrupt.ts";
import { cacheFolder, RESULTS_FOLDER } from "./paths.ts";
import { freeOutput } from "./result_output.ts";
import { suiteOf } from "./suites.ts";

const env = (name: string) => Deno.env.get(name);

/** How a run is carried out, beside what its record says. */
export interface TrainOptions {
  /** Replace the result file where there is one. */
  readonly overwrite: boolean;
  readonly whenLocked: SuitePlan["whenLocked"];
  /** Cell whose run begins anew. */
  readonly startOver?: string;
  /** Hash of the present sources. */
  readonly presentCode: string;
  /** Commit of the checkout at present. */
  readonly commit: string | null;
  /** Is told which cell comes next. */
  readonly onCell?: (cell: Cell) => Promise<void>;
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

/** Trains what a plan says, with progress on the standard error output. */
export async function trainPlan(
  record: Pick<BenchRecord, "plan" | "cells" | "code">,
  options: Omit<TrainOptions, "overwrite">,
  interrupt: Interrupt,
  progress: ProgressReporter,
): Promise<{ readonly outcome: SuiteOutcome; readonly suitePlan: SuitePlan }> {
  const { plan, cells, code } = record;
  const suite = suiteOf(plan.suite);
  const message = (line: string) => progress.message(line);
  const device = await openDevice();
  const { description, device: name } = device.adapterInfo;
  message(`${description || name}, ${plan.profile} profile`);
  const suitePlan: SuitePlan = {
    suite: plan.suite,
    profile: plan.profile,
    specs: suite.specs.filter(({ task, model }) =>
      plan.tasks.includes(task) && plan.models.includes(model)
    ),
    seeds: plan.seeds,
    batchSize: plan.batchSize ?? undefined,
    updates: plan.updates ?? undefined,
    scheduleOf: plan.scheduleOf === null ? undefined : scheduleSource(suite, plan.scheduleOf),
    learningRate: plan.learningRate ?? undefined,
    learningRates: plan.learningRates,
    carryState: plan.carryState,
    direction: plan.direction ?? undefined,
    averagedModels: plan.averagedModels ?? undefined,
    cells,
    code,
    presentCode: options.presentCode,
    commit: options.commit,
    startOver: options.startOver,
    whenLocked: options.whenLocked,
    dataDir: plan.dataDir ?? undefined,
    cacheDir: cacheFolder(env),
    leaveOut: plan.leaveOut,
    compileAhead: plan.profile === "smoke" && device.adapterClass === "software",
  };
  try {
    const outcome = await runTrainingSuite(device, suitePlan, {
      message,
      report: (run, { update, total, score, spec, ...report }) =>
        progress.update({
          ...run,
          step: update,
          total,
          score: { label: spec.name, text: formatScore(score, spec.unit) },
          ...report,
        }),
      signal: interrupt.signal,
      ...(options.onCell === undefined ? {} : { onCell: options.onCell }),
    });
    return { outcome, suitePlan };
  } finally {
    progress.clear();
    device.destroy();
  }
}

/** Prints the tables of a result, and samples of what its models wrote. */
export function printResult(result: Result): void {
  const terminal = inspectTerminal(Deno.stdout);
  console.log(summaryTables(result).map((table) => renderText(table, terminal)).join("\n\n"));
  const samples = samplesText(result.rows, terminal.width);
  if (samples !== "") console.log(`\n${samples}`);
}

/**
 * Runs a record to its end, prints its tables and writes its result.
 *
 * @returns The exit code.
 * @throws {UserError} for what the environment did, with the command that continues.
 */
export async function train(started: BenchRecord, options: TrainOptions): Promise<number> {
  const begun = new BegunCells(started);
  const progress = new ProgressReporter();
  const interrupt = listenForInterrupts((line) => progress.message(line));
  const onCell = (cell: Cell) => begun.add(cell);
  let trained: Awaited<ReturnType<typeof trainPlan>>;
  try {
    trained = await trainPlan(started, { ...options, onCell }, interrupt, progress);
  } catch (error) {
    if (!await begun.keepAny() || !(error instanceof UserError)) throw error;
    throw await withAdvice(error, begun.record, begun.cells);
  }
  const { outcome, suitePlan } = trained;
  const { record, cells } = begun;
  const result = suiteResult(suitePlan, outcome);
  if (result !== undefined) printResult(result);
  if (outcome.interrupted || result === undefined) {
    const advice = await begun.keepAny()
      ? await interruptedAdvice(record, cells)
      : "nothing was begun";
    console.error(`interrupted; ${advice}`);
    return interrupt.code();
  }
  const unchanged = !options.overwrite && outcome.runs.every(({ known }) => known);
  const present = unchanged && record.result !== null && await isPresent(record.result)
    ? record.result
    : undefined;
  const path = present ?? await write(record, outcome, result, options);
  await saveRun({ ...record, result: path });
  console.log(present === undefined ? `\nwrote ${path}` : `\nall this is in ${path} already`);
  for (const line of result.warnings) console.error(`warning: ${line}`);
  const whole = outcome.runs.length === outcome.planned && outcome.warnings.length === 0;
  return whole && result.rows.every((row) => row.status === "completed") ? 0 : 1;
}

/** Writes the result and what belongs to it. @returns Where it is. */
async function write(
  record: BenchRecord,
  outcome: SuiteOutcome,
  result: Result,
  { overwrite }: TrainOptions,
): Promise<string> {
  try {
    const path = record.output ?? await freeOutput(RESULTS_FOLDER, result);
    await removeLeftOvers(dirname(path));
    await writeSuiteResult(path, result, outcome, overwrite);
    return path;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const store = storeOption(record);
    const command = `deno task merge ${runName(record)}${store} --output FILE.json`;
    throw new UserError(`${error.message}; all runs are complete: \`${command}\` writes them`, {
      cause: error,
    });
  }
}
