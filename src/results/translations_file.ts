import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { SPLIT_NAMES, type SplitName } from "../data/dataset.ts";
import { UserError } from "../errors.ts";
import { COUNTS_PER_SENTENCE } from "../metrics/bleu/statistics.ts";
import { writeFileAtomic } from "../util/atomic_write.ts";
import { readError } from "../util/read_error.ts";
import { sha256Hex } from "../util/sha256.ts";
import { countSchema, sha256Schema } from "./schema_common.ts";
import type { TranslationsRecord } from "./schema_row.ts";

/** Identifier that every file of translations carries in `format`. */
export const translationsFormat = "mega-webgpu/translations-1";

/** A file of translations: one run on one split, in the order of the split. */
export const translationsSchema = z.strictObject({
  format: z.literal(translationsFormat),
  /** Task identifier. */
  task: z.string().min(1),
  /** Model identifier. */
  model: z.string().min(1),
  seed: countSchema,
  split: z.enum(SPLIT_NAMES),
  /** Source lines as they were read; null for texts that may not be passed on. */
  sources: z.array(z.string()).nullable(),
  /** Reference lines as they were read; null for texts that may not be passed on. */
  references: z.array(z.string()).nullable(),
  /** sha256 of {@link textOf}: files of equal texts can be compared. */
  textSha256: sha256Schema,
  /** What the model wrote, detokenised. */
  hypotheses: z.array(z.string()),
  /**
   * Of every sentence, for sacreBLEU with its usual tokenisation: matches and totals of n-grams of
   * order 1 to 4, length of the hypothesis, length of the reference (`countsOf`).
   */
  statistics: z.array(z.array(countSchema).length(COUNTS_PER_SENTENCE)),
}).refine(
  ({ sources, references, hypotheses, statistics }) =>
    [sources, references, statistics].every((list) =>
      list === null || list.length === hypotheses.length
    ),
  { message: "sources, references, hypotheses and statistics must be equally many" },
);

/** The text that translations are compared with, in one string. */
export function textOf(sources: readonly string[], references: readonly string[]): string {
  return [...sources, ...references].map((line) => `${line}\n`).join("");
}

/** Translations in memory; see {@link translationsSchema}. */
export type Translations = z.infer<typeof translationsSchema>;

/** Indented JSON, but a line for the statistics of a sentence. */
function format({ statistics, ...rest }: Translations): string {
  const rows = statistics.map((row) => `  ${JSON.stringify(row)}`).join(",\n");
  const text = JSON.stringify(rest, null, 1).replace(/\n\}$/, "");
  return `${text},\n "statistics": [\n${rows}\n ]\n}\n`;
}

/**
 * Where the translations of a run go, relative to the folder of its result file.
 *
 * @returns For example `mt-quick.translations/numbers-mega-seed1-test.json`.
 */
export function translationsName(
  resultPath: string,
  { task, model, seed, split, rate }: {
    readonly task: string;
    readonly model: string;
    readonly seed: number;
    readonly split: SplitName;
    /** Peak learning rate of a trial, or what else tells it from others. */
    readonly rate?: number | string;
  },
): string {
  const folder = `${basename(resultPath).replace(/\.json$/, "")}.translations`;
  const trial = rate === undefined ? "" : `-rate${rate}`;
  return `${folder}/${task}-${model}${trial}-seed${seed}-${split}.json`;
}

/**
 * Writes translations, all or nothing, as JSON with one line per sentence.
 *
 * @returns The sha256 of the file.
 * @throws {UserError} when the file cannot be written.
 * @throws {RangeError} when sources, references and hypotheses differ in number.
 */
export async function writeTranslations(path: string, value: Translations): Promise<string> {
  const checked = translationsSchema.safeParse(value);
  if (!checked.success) throw new RangeError(`${path}: ${checked.error.issues[0].message}`);
  const text = format(checked.data);
  await writeFileAtomic(path, text);
  return sha256Hex(text);
}

/**
 * Reads the translations that a result row records.
 *
 * @param resultPath The result file, from whose folder the record counts.
 * @throws {UserError} when the file is missing, is not the recorded one, or is none of translations.
 */
export async function readTranslations(
  resultPath: string,
  { file, sha256, sentences, split }: TranslationsRecord,
): Promise<Translations> {
  const path = join(dirname(resultPath), file);
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    throw readError(error, path);
  }
  if (sha256Hex(bytes) !== sha256) {
    throw new UserError(`${path}: not the file that ${resultPath} was written with: restore it`);
  }
  const parsed = translationsSchema.safeParse(parseJson(new TextDecoder().decode(bytes)));
  if (!parsed.success) {
    const { path: field, message } = parsed.error.issues[0];
    const where = field.length === 0 ? "" : `field ${field.join(".")}: `;
    throw new UserError(
      `${path}: not a file of translations (${where}${message}): run bench again`,
    );
  }
  const value = parsed.data;
  if (value.split !== split || value.hypotheses.length !== sentences) {
    throw new UserError(
      `${path}: ${value.hypotheses.length} sentences of ${value.split}, and ${resultPath} says ` +
        `${sentences} of ${split}: run bench again`,
    );
  }
  return value;
}

/** The JSON value of a text; undefined, which no schema takes, where it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
