/** Runs a bench record to its end and derives its result. */
import { dirname } from "node:path";
import type { TrainingSuite } from "../../bench/spec.ts";
import type { ScheduleSource, SuiteOutcome, SuitePlan } from "../../bench/suite_plan.ts";
import { suiteResult, writeSuiteResult } from "../../bench/suite_result.ts";
import { runTrainingSuite } from "../../bench/training_suite.ts";
import type { Cell } from "../cells/cell.ts";
import { openDevice } from "../device/device.ts";
import { DamagedError, UserError } from "../errors.ts";
import { samplesText } from "../results/display/samples.ts";
import { formatScore } from "../results/display/score_format.ts";
import type { Result } from "../results/schema.ts";
import { summaryTables } from "../results/summary.ts";
import { renderText } from "../results/table_text.ts";
import { ProgressReporter } from "../util/progress.ts";
import { removeLeftOvers } from "../util/left_overs.ts";
import { isPresent } from "../util/read_error.ts";
import { shellWord } from "../util/shell_word.ts";
import { inspectTerminal } from "../util/terminal.ts";
import { type BenchRecord, dropRun, runName, saveRun } from "./bench_plan.ts";
import { type Interrupt, listenForInterrupts } from "./interrupt.ts";
import { cacheFolder, cellsFolder, RESULTS_FOLDER } from "./paths.ts";
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

export function printResult(result: Result): void {
  const terminal = inspectTerminal(Deno.stdout);
  console.log(summaryTables(result).map((table) => renderText(table, terminal)).join("\n\n"));
  const samples = samplesText(result.rows, terminal.width);
  if (samples !== "") console.log(`\n${samples}`);
}

/** The option that names the folder of the cells, where it is not the usual one. */
function storeOption({ cells }: BenchRecord): string {
  return cells === cellsFolder(undefined) ? "" : ` --cells ${shellWord(cells)}`;
}

/** The command that continues a run. */
function continuation(record: BenchRecord, option = ""): string {
  return `\`deno task bench --resume ${runName(record)}${storeOption(record)}${option}\``;
}

/** What of some cells is worth to be continued, in words; undefined when nothing is. */
async function keptOf(cells: Iterable<Cell>): Promise<string | undefined> {
  let complete = 0;
  let begun = 0;
  for (const cell of cells) {
    if (await isPresent(cell.path("row.json"))) complete++;
    else if (await isPresent(cell.path("last.safetensors"))) begun++;
  }
  const parts = [
    ...complete === 0 ? [] : [`${complete} complete run${complete === 1 ? "" : "s"}`],
    ...begun === 0 ? [] : [`the checkpoint${begun === 1 ? "" : "s"} of ${begun} more`],
  ];
  return parts.length === 0 ? undefined : `${parts.join(" and ")} kept`;
}

/** The error with what is intact, and the command that goes on. */
async function withAdvice(error: UserError, record: BenchRecord, cells: readonly Cell[]) {
  const last = cells[cells.length - 1];
  const kept = await keptOf(cells);
  const message = error instanceof DamagedError
    ? `${kept ?? "nothing else was begun"}; ` +
      `${
        continuation(record, ` --start-over ${last.id}`)
      } sets the damaged run aside and begins it anew`
    : `${kept}; ${continuation(record)} continues`;
  return new UserError(`${error.message}; ${message}`, { cause: error });
}

/**
 * Runs a record to its end, prints its tables and writes its result.
 *
 * @returns The exit code.
 * @throws {UserError} for what the environment did, with the command that continues.
 */
export async function train(started: BenchRecord, options: TrainOptions): Promise<number> {
  let record = started;
  const cells = new Map<string, Cell>();
  const progress = new ProgressReporter();
  const interrupt = listenForInterrupts((line) => progress.message(line));
  const onCell = async (cell: Cell) => {
    cells.set(cell.id, cell);
    record = { ...record, began: [...cells.keys()] };
    await saveRun(record);
  };
  /** A start that fails leaves nothing behind. */
  const isKept = async () => {
    for (const cell of cells.values()) if (await isPresent(cell.folder)) return true;
    if (cells.size > 0) await dropRun(record);
    return false;
  };
  let trained: Awaited<ReturnType<typeof trainPlan>>;
  try {
    trained = await trainPlan(record, { ...options, onCell }, interrupt, progress);
  } catch (error) {
    if (!await isKept() || !(error instanceof UserError)) throw error;
    throw await withAdvice(error, record, [...cells.values()]);
  }
  const { outcome, suitePlan } = trained;
  const result = suiteResult(suitePlan, outcome);
  if (result !== undefined) printResult(result);
  if (outcome.interrupted || result === undefined) {
    const advice = await isKept()
      ? `${await keptOf(cells.values()) ?? "nothing to keep yet"}; ${
        continuation(record)
      } continues`
      : "nothing was begun";
    console.error(`interrupted; ${advice}`);
    return interrupt.code();
  }
  const present = record.result !== null && outcome.runs.every(({ known }) => known) &&
      await isPresent(record.result)
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
