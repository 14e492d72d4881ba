import { UserError } from "../../errors.ts";
import { kernelTable } from "../kernel_summary.ts";
import type { Result } from "../schema.ts";
import type { Table } from "../table.ts";
import { efficiencyTable } from "./efficiency_table.ts";
import { lmTable } from "./lm_table.ts";
import { lraTable, type LraTableOptions } from "./lra_table.ts";
import { measuredSets } from "./measured_set.ts";
import { gridSuites, suiteTable } from "./suite_table.ts";

/** A table and the suite that it belongs to. */
export interface SuiteTable {
  suite: string;
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
  const known = [...new Set(["lra", "lm", ...gridSuites, ...measured])];
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
    switch (suite) {
      case "lra":
        return [{ suite, table: lraTable(sets, options) }];
      case "lm":
        return [{ suite, table: lmTable(own) }];
      case "efficiency":
        return [{ suite, table: efficiencyTable(own) }];
      case "kernels":
        return own.flatMap(({ results }) => results.slice(-1)).map((result) => ({
          suite,
          table: kernelTable(result),
        }));
      default:
        return [{ suite, table: suiteTable(suite, sets) }];
    }
  });
}
