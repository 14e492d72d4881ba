import { UserError } from "../../errors.ts";
import { displayName } from "../display_names.ts";
import { kernelTable } from "../kernel_summary.ts";
import type { Result } from "../schema.ts";
import { type TaskKind, taskKinds } from "../schema_row.ts";
import type { Table } from "../table.ts";
import { efficiencyTable } from "./efficiency_table.ts";
import { lmTable } from "./lm_table.ts";
import { lraTable, type LraTableOptions } from "./lra_table.ts";
import { type MeasuredSet, measuredSets, setsOfKind } from "./measured_set.ts";
import { mtTable } from "./mt_table.ts";
import { gridSuites, suiteTable } from "./suite_table.ts";

/** A table and the suite that it belongs to. */
export interface SuiteTable {
  suite: string;
  /** Name of the suite, with the kind of task where a suite has a table for each. */
  title: string;
  table: Table;
}

/** Options of {@link buildTables}. */
export interface TablesOptions extends LraTableOptions {
  /** Only the tables of this suite. */
  only?: string | undefined;
}

/**
 * The tables of every suite: Long Range Arena always, the others when they have results or are
 * asked for by name.
 *
 * @throws {UserError} when there is no table of the name, or nothing to put into it.
 */
export function buildTables(results: readonly Result[], options: TablesOptions = {}): SuiteTable[] {
  const sets = measuredSets(results);
  const measured = new Set(results.map(({ suite }) => suite));
  const known = [...new Set(["lra", "lm", "translation", ...gridSuites, ...measured])];
  const { only } = options;
  if (only !== undefined && !known.includes(only)) {
    throw new UserError(
      `no table and no results of ${only}; there are ${known.join(", ")}, and those of the files`,
    );
  }
  const wanted = only === undefined
    ? known.filter((id) => id === "lra" || measured.has(id))
    : [only];
  return wanted.flatMap((suite): SuiteTable[] => {
    const own = sets.filter((set) => set.suite === suite);
    const title = displayName(suite);
    switch (suite) {
      case "lra":
        return [{ suite, title, table: lraTable(sets, options) }];
      case "lm":
        return [{ suite, title, table: lmTable(own) }];
      case "translation":
        return [{ suite, title, table: mtTable(own) }];
      case "efficiency":
        return [{ suite, title, table: efficiencyTable(own) }];
      case "kernels":
        return own.flatMap(({ results }) => results.slice(-1)).map((result) => ({
          suite,
          title,
          table: kernelTable(result),
        }));
      default:
        return kindsOf(own).length > 1
          ? kindTables(suite, own)
          : [{ suite, title, table: suiteTable(suite, sets) }];
    }
  });
}

const kindsOf = (sets: readonly MeasuredSet[]): TaskKind[] => {
  const found = new Set(sets.flatMap(({ rows }) => rows.map(({ task }) => task.kind)));
  return taskKinds.filter((kind) => found.has(kind));
};

/** A table for each kind of task of a suite that has several, of our runs alone. */
function kindTables(suite: string, sets: readonly MeasuredSet[]): SuiteTable[] {
  return kindsOf(sets).map((kind): SuiteTable => {
    const own = setsOfKind(sets, kind).filter(({ rows }) => rows.length > 0);
    const title = `${displayName(suite)}: ${displayName(kind).toLowerCase()}`;
    const table = tableOfKind(kind, suite, own);
    return { suite, title, table: { ...table, caption: title } };
  });
}

function tableOfKind(kind: TaskKind, suite: string, sets: readonly MeasuredSet[]): Table {
  switch (kind) {
    case "classification":
      return suiteTable(suite, sets, { published: false });
    case "language-modelling":
      return lmTable(sets, { published: false });
    case "translation":
      return mtTable(sets, { published: false });
  }
}
