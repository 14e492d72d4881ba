/** `merge`: a result file from runs that are kept in cells. */
import { Command, Option } from "@commander-js/extra-typings";
import { basename, join, resolve } from "node:path";
import { type CellFilter, mergeCells, type Merged, writeMerged } from "../cells/merge.ts";
import { findCells, type FoundCells, readStoredCell } from "../cells/stored_cell.ts";
import { directions } from "../data/translation/directions.ts";
import { UserError } from "../errors.ts";
import { profileNames } from "../models/profiles.ts";
import { summaryTables } from "../results/summary.ts";
import { renderText } from "../results/table_text.ts";
import { plural } from "../util/format.ts";
import { ifPresent } from "../util/read_error.ts";
import { inspectTerminal } from "../util/terminal.ts";
import { type BenchRecord, readRun, runName } from "./bench_plan.ts";
import { seeds, words } from "./options.ts";
import { cellsFolder, RESULTS_FOLDER } from "./paths.ts";
import { checkOutput, freeOutput } from "./result_output.ts";
import { suiteOf, trainingSuiteNames } from "./suites.ts";
import { withUnnamedFolder } from "./unnamed_folder.ts";

/** At most so many runs that are not complete are named. */
const mostNamed = 10;

/** The command, for `main.ts`. */
export function mergeCommand(exit: (code: number) => void) {
  return new Command("merge")
    .description("Make a result file from the runs that are kept in cells")
    .argument(
      "[sources...]",
      "cells, folders of cells, sweeps, or names of bench runs (default: results/cells)",
    )
    .option("--output <file>", "result file (default: results/SUITE-PROFILE-TIME.json)")
    .option("--overwrite", "replace the result file where there is one")
    .addOption(new Option("--suite <name>", "only runs of this suite").choices(trainingSuiteNames))
    .addOption(new Option("--profile <name>", "only runs of this scale").choices(profileNames))
    .option("--task <names>", "only these tasks, comma-separated", words)
    .option("--model <names>", "only these models, comma-separated", words)
    .option("--seeds <list>", "only these seeds: how many, or a comma-separated list", seeds)
    .addOption(new Option("--direction <name>", "only this direction").choices(directions))
    .option("--cells <folder>", "where sweeps and bench runs keep their cells, if elsewhere")
    .addHelpText(
      "after",
      `
Exit code: 0 when nothing is missing, 1 when runs that are not complete were left out, 2 for an error.

Of a model with several settings, the runs of the one with the best mean validation score stand in
tables; the others are kept as trials. Runs that are not complete are named and left out. Cells that
contradict each other (other data, configuration, sources or adapter) are refused.

Examples:
  deno task merge --suite lm --profile quick --output results/lm.json
  deno task merge results/sweeps/rates --output rates.json
  deno task merge node1/cells node2/cells --suite lra --model mega,transformer --output lra.json`,
    )
    .action(async (sources, options) => {
      const { overwrite = false } = options;
      const output = options.output === undefined
        ? undefined
        : await checkOutput(options.output, overwrite);
      const filter: CellFilter = {
        suite: options.suite,
        profile: options.profile,
        direction: options.direction,
        tasks: options.task,
        models: options.model,
        seeds: options.seeds,
      };
      const named = sources.length > 0 ? sources : [cellsFolder(options.cells)];
      const merged = await readAll(named, cellsFolder(options.cells), filter);
      const path = output ?? await freeOutput(RESULTS_FOLDER, merged.result);
      const result = await writeMerged(path, merged, overwrite);
      const terminal = inspectTerminal(Deno.stdout);
      console.log(summaryTables(result).map((table) => renderText(table, terminal)).join("\n\n"));
      console.log(`\nwrote ${path}: ${plural(result.rows.length, "run")}`);
      for (const line of merged.choices) console.error(line);
      for (const line of result.warnings) {
        if (!merged.choices.includes(line)) console.error(`warning: ${line}`);
      }
      sayIncomplete(merged);
      exit(merged.incomplete.length === 0 ? 0 : 1);
    });
}

/** Cells of everything that was named. @throws {UserError} see {@link mergeCells}. */
async function readAll(
  sources: readonly string[],
  store: string,
  filter: CellFilter,
): Promise<Merged> {
  const found: FoundCells[] = [];
  for (const source of sources) {
    found.push(await withUnnamedFolder(source, () => cellsOf(source, store)));
  }
  const folders = new Set(found.flatMap(({ folders }) => folders.map((folder) => resolve(folder))));
  const cells = [];
  for (const folder of folders) {
    const cell = await withUnnamedFolder(folder, () => readStoredCell(folder));
    if (cell !== undefined) cells.push(cell);
  }
  return mergeCells(cells, found.flatMap(({ missing }) => missing), filter);
}

/** A folder, or a bench run by its name or record. */
async function cellsOf(source: string, store: string): Promise<FoundCells> {
  const found = await ifPresent(source, Deno.stat(source));
  if (found?.isDirectory) return await findCells(source);
  const record = await readRun(store, basename(source, ".json"));
  if (record === undefined) {
    throw new UserError(`${source}: no such folder, and no bench run of that name`);
  }
  return { folders: record.began.map((id) => join(record.cells, id)), missing: notBegun(record) };
}

/** What a bench run has still to do beside the cells that it began. */
function notBegun(record: BenchRecord): string[] {
  const { plan, began, result } = record;
  if (result !== null) return [];
  const { suite, tasks, models, seeds, learningRates } = plan;
  const specs = suiteOf(suite).specs.filter(({ task, model }) =>
    tasks.includes(task) && models.includes(model)
  );
  // One of the trials is the run of the first seed.
  const runs = specs.length * (seeds.length + Math.max(0, learningRates.length - 1));
  const left = runs - began.length;
  return left <= 0 ? [] : [`${runName(record)}: ${plural(left, "run")} not begun`];
}

function sayIncomplete({ incomplete }: Merged): void {
  for (const line of incomplete.slice(0, mostNamed)) console.error(`  ${line}`);
  const more = incomplete.length - mostNamed;
  if (more > 0) console.error(`  and ${more} more`);
}
