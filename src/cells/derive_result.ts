/** A result from the rows of complete cells. */
import { aggregateRows } from "../results/aggregate.ts";
import type { ProfileName } from "../data/profile_names.ts";
import { type Result, resultSchemaId, resultSchemaVersion } from "../results/schema.ts";
import type { ResultRow } from "../results/schema_row.ts";
import type { CellRow } from "./cell_files.ts";

/** A row as it stands in the result, and the cell that it comes from. */
export interface DerivedRow {
  readonly row: ResultRow;
  readonly cell: CellRow;
}

/** What a result is made from. */
export interface ResultParts {
  readonly suite: string;
  readonly profile: ProfileName;
  readonly overrides: Result["overrides"];
  /** In the order of the result; at least one. */
  readonly rows: readonly DerivedRow[];
  /** Whether nothing of what was planned is missing. */
  readonly complete: boolean;
  /** What a reader should know beside what the cells say. */
  readonly warnings: readonly string[];
}

/** Says at which other commits rows were measured. */
function commitLines(rows: readonly DerivedRow[], present: string | null): string[] {
  const counts = new Map<string, number>();
  for (const { cell: { commits } } of rows) {
    for (const commit of new Set(commits)) {
      if (commit === present) continue;
      const name = commit ?? "unknown";
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return [...counts].map(([commit, count]) => `rows measured at commit ${commit}: ${count}`);
}

/**
 * The result that rows make up. It depends on the cells alone, so it can be made again at any time:
 * it starts with the first run and ends with the last one, whose environment it names.
 */
export function deriveResult(parts: ResultParts): Result {
  const { suite, profile, overrides, rows, complete } = parts;
  const byEnd = rows.map(({ cell }) => cell)
    .toSorted((a, b) => Date.parse(a.finishedAt) - Date.parse(b.finishedAt));
  const last = byEnd[byEnd.length - 1];
  const starts = byEnd.map(({ startedAt }) => startedAt)
    .toSorted((a, b) => Date.parse(a) - Date.parse(b));
  const plain = rows.map(({ row }) => row);
  return {
    schema: resultSchemaId,
    version: resultSchemaVersion,
    startedAt: starts[0],
    finishedAt: complete ? last.finishedAt : null,
    suite,
    profile,
    overrides,
    environment: last.environment,
    rows: plain,
    aggregate: aggregateRows(plain),
    kernels: [],
    warnings: [
      ...new Set([
        ...byEnd.flatMap(({ warnings }) => warnings),
        ...commitLines(rows, last.environment.git.commit),
        ...parts.warnings,
      ]),
    ],
  };
}
