import { join } from "node:path";
import { UserError } from "../../errors.ts";
import type { Print } from "../data_entry.ts";
import { DataRoot } from "../data_root.ts";
import type { SplitName } from "../dataset.ts";
import { exists } from "../official_folder.ts";
import { SourceFiles } from "../source_files.ts";
import type { TokenUnit } from "./corpus.ts";
import type { CorpusRecipe } from "./corpus_cache.ts";
import { LARGEST_TEXT, type TextSource } from "./text_source.ts";

/** A published text as files of a folder. */
export interface PublishedText {
  readonly id: string;
  readonly version: string;
  /** Where the text comes from, in words. */
  readonly source: string;
  readonly unit: TokenUnit;
  /** All of them are needed. */
  readonly files: readonly string[];
  /** See `CorpusFiles`. */
  readonly published?: Readonly<Record<SplitName, number>>;
  /** The text of a folder. Throws UserError. */
  splits(folder: string): Promise<Readonly<Record<SplitName, TextSource>>>;
}

/** Where the text is, and where what is known of it is kept. */
export interface PublishedTextOptions {
  readonly folder: string;
  /** The data folder, at or above `folder`. */
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly print?: Print | undefined;
  /** Read all files instead of believing what is known of them. */
  readonly fresh?: boolean | undefined;
}

/** A text of a folder. @throws {UserError} for a missing or malformed file. */
export async function publishedRecipe(
  text: PublishedText,
  { folder, dataDir, ...options }: PublishedTextOptions,
): Promise<CorpusRecipe> {
  const { id, version, source, unit, published } = text;
  await requireFiles(text, folder);
  const measured = await SourceFiles.measure(
    { root: new DataRoot(dataDir), folder, names: text.files, atMost: LARGEST_TEXT },
    options,
  );
  return {
    id,
    version,
    source,
    unit,
    limits: {},
    fingerprint: measured.sha256,
    files: { folder, measured, published },
    splits: await text.splits(folder),
  };
}

/** @throws {UserError} that names the first file that is missing. */
export async function requireFiles({ id, files }: PublishedText, folder: string): Promise<void> {
  for (const file of files) {
    if (await exists(join(folder, file))) continue;
    throw new UserError(`${join(folder, file)}: no such file: fetch ${id} again`);
  }
}
