import { UserError } from "../errors.ts";
import type { TaskData } from "./dataset.ts";
import type { DataEntry } from "./data_entry.ts";
import { IMAGE_ENTRY } from "./image/entry.ts";
import { LISTOPS_ENTRY } from "./listops/entry.ts";
import { PATHFINDER_ENTRY, PATHX_ENTRY } from "./pathfinder/entry.ts";
import { RETRIEVAL_ENTRY } from "./retrieval/entry.ts";
import { TEXT_ENTRY } from "./text/entry.ts";

/** Data of any task that the benchmark trains on. */
export type BenchData = TaskData;

/** Every data set, in the order of the paper's tables. */
export const DATA_ENTRIES: readonly DataEntry[] = [
  LISTOPS_ENTRY,
  TEXT_ENTRY,
  RETRIEVAL_ENTRY,
  IMAGE_ENTRY,
  PATHFINDER_ENTRY,
  PATHX_ENTRY,
];

/** The data set of an id; UserError that lists the known ones otherwise. */
export function dataEntry(id: string): DataEntry {
  const entry = DATA_ENTRIES.find((each) => each.id === id);
  if (entry !== undefined) return entry;
  const known = DATA_ENTRIES.map((each) => each.id).join(", ");
  throw new UserError(`unknown data set ${JSON.stringify(id)}, expected one of: ${known}`);
}
