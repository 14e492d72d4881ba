import { UserError } from "../errors.ts";
import type { TaskData } from "./dataset.ts";
import type {
  ClassificationEntry,
  CorpusEntry,
  DataEntry,
  TranslationEntry,
} from "./data_entry.ts";
import { IMAGE_ENTRY } from "./image/entry.ts";
import { LISTOPS_ENTRY } from "./listops/entry.ts";
import type { LanguageModelData } from "./lm/corpus.ts";
import { CORPUS_ENTRIES } from "./lm/entries.ts";
import { PATHFINDER_ENTRY, PATHX_ENTRY } from "./pathfinder/entry.ts";
import { RETRIEVAL_ENTRY } from "./retrieval/entry.ts";
import { TEXT_ENTRY } from "./text/entry.ts";
import { TRANSLATION_ENTRIES } from "./translation/entries.ts";
import type { TranslationData } from "./translation/parallel_corpus.ts";

/** Data of any task that the benchmark trains on. */
export type BenchData = TaskData | LanguageModelData | TranslationData;

/** Every classification task, in the order of the paper's tables. */
export const CLASSIFICATION_ENTRIES: readonly ClassificationEntry[] = [
  LISTOPS_ENTRY,
  TEXT_ENTRY,
  RETRIEVAL_ENTRY,
  IMAGE_ENTRY,
  PATHFINDER_ENTRY,
  PATHX_ENTRY,
];

/** Every data set: the classification tasks, then the texts of language models, then parallel ones. */
export const DATA_ENTRIES: readonly DataEntry[] = [
  ...CLASSIFICATION_ENTRIES,
  ...CORPUS_ENTRIES,
  ...TRANSLATION_ENTRIES,
];

/** The data set of an id; UserError that lists the known ones otherwise. */
export function dataEntry(id: string): DataEntry {
  const entry = DATA_ENTRIES.find((each) => each.id === id);
  if (entry !== undefined) return entry;
  const known = DATA_ENTRIES.map((each) => each.id).join(", ");
  throw new UserError(`unknown data set ${JSON.stringify(id)}, expected one of: ${known}`);
}

/** What a data set is, in words. */
const KINDS = {
  "classification": "a classification task",
  "language-modelling": "a text for language models",
  "translation": "a parallel text for translation",
} as const satisfies Record<DataEntry["kind"], string>;

function wrongKind({ id, kind }: DataEntry, expected: DataEntry["kind"]): UserError {
  return new UserError(`${id} is ${KINDS[kind]}, expected ${KINDS[expected]}`);
}

/** The classification task of an id; UserError for other data sets and unknown ids. */
export function classificationEntry(id: string): ClassificationEntry {
  const entry = dataEntry(id);
  if (entry.kind === "classification") return entry;
  throw wrongKind(entry, "classification");
}

/** The text for language models of an id; UserError for other data sets and unknown ids. */
export function corpusEntry(id: string): CorpusEntry {
  const entry = dataEntry(id);
  if (entry.kind === "language-modelling") return entry;
  throw wrongKind(entry, "language-modelling");
}

/** The parallel text of an id; UserError for other data sets and unknown ids. */
export function translationEntry(id: string): TranslationEntry {
  const entry = dataEntry(id);
  if (entry.kind === "translation") return entry;
  throw wrongKind(entry, "translation");
}
