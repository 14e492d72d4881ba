import type { TaskData } from "./dataset.ts";
import type { LanguageModelData } from "./lm/corpus.ts";
import type { Direction, TranslationData } from "./translation/parallel_corpus.ts";

/** Seed of all generated data sets, unless a command says otherwise. Independent of training seeds. */
export const DEFAULT_DATA_SEED = 0;

/** Receives lines for the user. */
export type Print = (line: string) => void;

/** How to load a data set. */
export interface LoadOptions {
  /** Scale of the run: one of the entry's `profiles`. */
  readonly profile: string;
  /** Folder for generated and tokenised data. */
  readonly cacheDir: string;
  /** Folder of official files that the user has or fetched. */
  readonly dataDir?: string | undefined;
  /** Seed of the generator, `DEFAULT_DATA_SEED` when absent. */
  readonly seed?: number | bigint | undefined;
  readonly print?: Print | undefined;
}

/** An official archive and which of its files are wanted, or an official file. */
export interface OfficialArchive {
  readonly url: string;
  /** Known sha256, or undefined when the publisher gives none: the user must supply it. */
  readonly sha256: string | undefined;
  /** The folder, below the data folder, that the wanted files are unpacked to. */
  readonly folder: string;
  /** For what is no archive: it is kept under this name in `folder`. */
  readonly file?: string;
  /** The name below `folder` of a wanted archive path, else undefined. */
  readonly select: (path: string) => string | undefined;
  /** Names below `folder` without which an archive is refused, and a folder is incomplete. */
  readonly required?: readonly string[];
}

/** What all data sets share. */
interface EntryBase {
  readonly id: string;
  readonly title: string;
  /** One line: what the task asks, its size, where it comes from. */
  readonly description: string;
  /** What is fetched, each into a folder or file of its own; none for data that is made here. */
  readonly official: readonly OfficialArchive[];
  /** The folder of official files below `dataDir`; UserError when `dataDir` does not exist. */
  findOfficial(dataDir: string): Promise<string | undefined>;
  /** Reads every official file in full and checks it; a line per file. Throws UserError. */
  verifyOfficial(folder: string, print: Print): Promise<void>;
}

/** A classification task as the `data` commands and the benchmark see it. */
export interface ClassificationEntry extends EntryBase {
  readonly kind: "classification";
  /** The profiles that it has parameters for. */
  readonly profiles: readonly string[];
  /** Loads, generating or tokenising first where needed. Throws UserError. */
  load(options: LoadOptions): Promise<TaskData>;
  /**
   * Reads what a former `load` left in the cache, and the files below `dataDir` that it should be
   * of.
   *
   * @returns False when nothing is there.
   * @throws {UserError} when it is damaged, or is not what the files give.
   */
  verifyCache(options: Omit<LoadOptions, "print">): Promise<boolean>;
  /** Writes generated data in the official format; absent for tasks without a generator. */
  generate?(options: Omit<LoadOptions, "cacheDir" | "dataDir">, folder: string): Promise<void>;
}

/** A text for language models; it is the same at every scale of a run. */
export interface CorpusEntry extends EntryBase {
  readonly kind: "language-modelling";
  /** Whether the text comes with the program or its packages, so that no folder is needed. */
  readonly embedded: boolean;
  /** Loads, tokenising first where needed. Throws UserError. */
  load(options: Omit<LoadOptions, "profile" | "seed">): Promise<LanguageModelData>;
  /**
   * Reads what a former `load` left in the cache, and the files below `dataDir` that it should be
   * of.
   *
   * @returns False when nothing is there.
   * @throws {UserError} when it is damaged, or is not what the files give.
   */
  verifyCache(options: Pick<LoadOptions, "cacheDir" | "dataDir">): Promise<boolean>;
}

/** How to load a parallel text. */
export interface TranslationLoadOptions extends LoadOptions {
  /** Which language is read and which is written; from English to German when absent. */
  readonly direction?: Direction | undefined;
}

/** A parallel text for translation. */
export interface TranslationEntry extends EntryBase {
  readonly kind: "translation";
  /** The profiles that it has parameters for; none when it is the same at every scale. */
  readonly profiles: readonly string[];
  /** Loads, generating or preparing first where needed. Throws UserError. */
  load(options: TranslationLoadOptions): Promise<TranslationData>;
  /** As `verifyCache` of other data sets, for all that former `load`s left. */
  verifyCache(options: Pick<LoadOptions, "cacheDir" | "dataDir">): Promise<boolean>;
  /** Writes generated data as files of lines; absent for texts without a generator. */
  generate?(options: Omit<LoadOptions, "cacheDir" | "dataDir">, folder: string): Promise<void>;
}

/** A data set as the `data` commands and the benchmark see it. */
export type DataEntry = ClassificationEntry | CorpusEntry | TranslationEntry;
