import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../errors.ts";
import { readError } from "../../util/read_error.ts";
import { sha256Hex } from "../../util/sha256.ts";
import type { SplitName } from "../dataset.ts";
import { NumberFile } from "../lm/token_file.ts";
import { perSplit } from "../packed_cache.ts";
import type { Language } from "./parallel_corpus.ts";
import { textPipelineSchema } from "./text_pipeline_spec.ts";

/** Version of the files. */
export const PARALLEL_FORMAT = 1;

const count = z.int().nonnegative();
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const sideSchema = z.strictObject({
  tokens: count,
  /** Of the ids. */
  hash,
  /** Of the number of tokens of each sentence. */
  lengths: hash,
  /** Of the lines before tokenisation; null for the training split. */
  text: hash.nullable(),
});
const splitSchema = z.strictObject({
  pairs: count,
  en: sideSchema,
  de: sideSchema,
  /** Of the ids of both sides, by the language that is read. */
  from: z.strictObject({ en: hash, de: hash }),
});

/** What `corpus.json` says about the files beside it. */
export const sealSchema = z.strictObject({
  format: z.literal(PARALLEL_FORMAT),
  key: z.string(),
  width: z.union([z.literal(2), z.literal(4)]),
  dictionary: hash,
  pipeline: textPipelineSchema,
  splits: z.strictObject(perSplit(() => splitSchema)),
});
/** See {@link sealSchema}. */
export type ParallelSeal = z.infer<typeof sealSchema>;
/** What is known of the files of a split. */
export type SplitSeal = z.infer<typeof splitSchema>;
/** What is known of the files of one language of a split. */
export type SideSeal = z.infer<typeof sideSchema>;

/** Names of the files of a split in one language. */
export function sideFiles(folder: string, split: SplitName, language: Language) {
  const name = join(folder, `${split}.${language}`);
  return { ids: `${name}.ids`, lengths: `${name}.lengths`, text: `${name}.txt` };
}

/** Undefined when there is none. @throws {UserError} when it is damaged. */
export async function readParallelSeal(folder: string): Promise<ParallelSeal | undefined> {
  const path = join(folder, "corpus.json");
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw readError(error, path);
  }
  try {
    return sealSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError(`${path}: is damaged`, { cause });
  }
}

/** A text file whose sha256 is known. @throws {UserError} when it is another. */
export async function readSealed(path: string, expected: string): Promise<string> {
  const text = await Deno.readTextFile(path).catch((error: unknown) => {
    throw readError(error, path);
  });
  if (sha256Hex(text) !== expected) throw new UserError(`${path}: does not match its checksum`);
  return text;
}

/** The lengths of sentences; they are always checked. @throws {UserError} when they are damaged. */
export function readLengths(path: string, pairs: number, expected: string): Int32Array {
  using file = new NumberFile(path, 4, pairs, Infinity);
  if (file.hash() !== expected) throw new UserError(`${path}: does not match its checksum`);
  return file.slice(0, pairs);
}
