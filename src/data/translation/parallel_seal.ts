import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../errors.ts";
import type { SplitName } from "../dataset.ts";
import { sealedCount, sealedHash } from "../lm/sealed_files.ts";
import { NumberFile } from "../lm/token_file.ts";
import { perSplit } from "../packed_cache.ts";
import type { Language } from "./parallel_corpus.ts";
import { textPipelineSchema } from "./text_pipeline_spec.ts";

/** Version of the files. */
export const PARALLEL_FORMAT = 2;

const sideSchema = z.strictObject({
  tokens: sealedCount,
  /** Of the ids. */
  hash: sealedHash,
  /** Of the number of tokens of each sentence. */
  lengths: sealedHash,
  /** Of the lines before tokenisation; null for the training split. */
  text: sealedHash.nullable(),
});
const splitSchema = z.strictObject({
  pairs: sealedCount,
  en: sideSchema,
  de: sideSchema,
  /** Of the ids of both sides, by the language that is read. */
  from: z.strictObject({ en: sealedHash, de: sealedHash }),
});

/** What `corpus.json` says about the files beside it. */
export const parallelSealSchema = z.strictObject({
  format: z.literal(PARALLEL_FORMAT),
  key: z.string(),
  width: z.union([z.literal(2), z.literal(4)]),
  dictionary: sealedHash,
  pipeline: textPipelineSchema,
  /** See `PreparedText`. */
  lines: z.record(z.string(), sealedCount),
  splits: z.strictObject(perSplit(() => splitSchema)),
});
/** See {@link parallelSealSchema}. */
export type ParallelSeal = z.infer<typeof parallelSealSchema>;
/** What is known of the files of a split. */
export type SplitSeal = z.infer<typeof splitSchema>;
/** What is known of the files of one language of a split. */
export type SideSeal = z.infer<typeof sideSchema>;

/** Names of the files of a split in one language. */
export function sideFiles(folder: string, split: SplitName, language: Language) {
  const name = join(folder, `${split}.${language}`);
  return { ids: `${name}.ids`, lengths: `${name}.lengths`, text: `${name}.txt` };
}

/** The lengths of sentences; they are always checked. @throws {UserError} when they are damaged. */
export function readLengths(path: string, pairs: number, expected: string): Int32Array {
  using file = new NumberFile(path, 4, pairs, Infinity);
  if (file.hash() !== expected) throw new UserError(`${path}: does not match its checksum`);
  return file.slice(0, pairs);
}
