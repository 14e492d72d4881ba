import { UserError } from "../errors.ts";
import type { TaskData } from "./dataset.ts";
import type { ClassificationEntry, CorpusEntry, DataEntry } from "./data_entry.ts";
import { IMAGE_ENTRY } from "./image/entry.ts";
import { LISTOPS_ENTRY } from "./listops/entry.ts";
import type { LanguageModelData } from "./lm/corpus.ts";
import { CORPUS_ENTRIES } from "./lm/entries.ts";
import { PATHFINDER_ENTRY, PATHX_ENTRY } from "./pathfinder/entry.ts";
import { RETRIEVAL_ENTRY } from "./retrieval/entry.ts";
import { TEXT_ENTRY } from "./text/entry.ts";

/** Data of any task that the benchmark trains on. */
export type BenchData = TaskData | LanguageModelData;

/** Every classification task, in the order of the paper's tables. */
export const CLASSIFICATION_ENTRIES: readonly ClassificationEntry[] = [
  LISTOPS_ENTRY,
  TEXT_ENTRY,
  RETRIEVAL_ENTRY,
  IMAGE_ENTRY,
  PATHFINDER_ENTRY,
  PATHX_ENTRY,
];

/** Every data set: the classification tasks, then the texts of language models. */
export const DATA_ENTRIES: readonly DataEntry[] = [...CLASSIFICATION_ENTRIES, ...CORPUS_ENTRIES];

/** The data set of an id; UserError that lists the known ones otherwise. */
export function dataEntry(id: string): DataEntry {
  const entry = DATA_ENTRIES.find((each) => each.id === id);
  if (entry !== undefined) return entry;
  const known = DATA_ENTRIES.map((each) => each.id).join(", ");
  throw new UserError(`unknown data set ${JSON.stringify(id)}, expected one of: ${known}`);
}

/** The classification task of an id; UserError for other data sets and unknown ids. */
export function classificationEntry(id: string): ClassificationEntry {
  const entry = dataEntry(id);
  if (entry.kind === "classification") return entry;
  throw new UserError(`${id} is a text for language models, expected a classification task`);
}

/** The text for language models of an id; UserError for other data sets and unknown ids. */
export function corpusEntry(id: string): CorpusEntry {
  const entry = dataEntry(id);
  if (entry.kind === "language-modelling") return entry;
  throw new UserError(`${id} is a classification task, expected a text for language models`);
}
