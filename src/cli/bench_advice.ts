/** What is intact of a run that did not end, and the command that goes on. */
import type { Cell } from "../cells/cell.ts";
import { DamagedError, UserError } from "../errors.ts";
import { plural } from "../util/format.ts";
import { isPresent } from "../util/read_error.ts";
import { shellWord } from "../util/shell_word.ts";
import { type BenchRecord, runName } from "./bench_plan.ts";
import { cellsFolder } from "./paths.ts";

/** The option that names the folder of the cells, where it is not the usual one. */
export function storeOption({ cells }: BenchRecord): string {
  return cells === cellsFolder(undefined) ? "" : ` --cells ${shellWord(cells)}`;
}

/** The command that continues a run. */
function continuation(record: BenchRecord, option = ""): string {
  return `\`deno task bench --resume ${runName(record)}${storeOption(record)}${option}\``;
}

/** What of some cells is worth to be continued, in words; undefined when nothing is. */
async function keptOf(cells: readonly Cell[]): Promise<string | undefined> {
  let complete = 0;
  let begun = 0;
  for (const cell of cells) {
    if (await isPresent(cell.path("row.json"))) complete++;
    else if (await isPresent(cell.path("last.safetensors"))) begun++;
  }
  const checkpoints = `the checkpoint${begun === 1 ? "" : "s"} of`;
  const parts = [
    ...complete === 0 ? [] : [plural(complete, "complete run")],
    ...begun === 0
      ? []
      : [`${checkpoints} ${complete === 0 ? plural(begun, "run") : `${begun} more`}`],
  ];
  return parts.length === 0 ? undefined : `${parts.join(" and ")} kept`;
}

/** What is kept of a run that was interrupted, and how it goes on. */
export async function interruptedAdvice(
  record: BenchRecord,
  cells: readonly Cell[],
): Promise<string> {
  return `${await keptOf(cells) ?? "nothing to keep yet"}; ${continuation(record)} continues`;
}

/**
 * An error with what is intact and the command that goes on.
 *
 * @param cells Those that began, in order, at least one; what is damaged is of the last.
 */
export async function withAdvice(
  error: UserError,
  record: BenchRecord,
  cells: readonly Cell[],
): Promise<UserError> {
  const last = cells[cells.length - 1];
  const startOver = continuation(record, ` --start-over ${last.id}`);
  const message = error instanceof DamagedError
    ? `${await keptOf(cells.slice(0, -1)) ?? "nothing else was begun"}; ` +
      `${startOver} sets the damaged run aside and begins it anew`
    : await interruptedAdvice(record, cells);
  return new UserError(`${error.message}; ${message}`, { cause: error });
}
