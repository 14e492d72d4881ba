/** What the model of a run wrote, in files of its cell. */
import { type Cell, cellTranslationsName } from "../src/cells/cell.ts";
import type { TranslationsRecord } from "../src/results/schema_row.ts";
import { textOf, translationsFormat, writeTranslations } from "../src/results/translations_file.ts";
import type { DecodedSplit } from "../src/train/workload.ts";
import { sha256Hex } from "../src/util/sha256.ts";
import type { RowHead } from "./row.ts";

/**
 * Writes the translations of the splits that were decoded.
 *
 * @returns What a row records of them.
 * @throws {UserError} when a file cannot be written.
 */
export async function keepTranslations(
  decoded: readonly DecodedSplit[],
  { run: { task }, model, settings: { seed } }: RowHead,
  cell: Cell,
): Promise<TranslationsRecord[]> {
  const records: TranslationsRecord[] = [];
  for (const one of decoded) {
    const { split, sources, references, hypotheses, statistics, quotable } = one;
    const file = cellTranslationsName(split);
    const sha256 = await writeTranslations(cell.path(file), {
      format: translationsFormat,
      task: task.name,
      model,
      seed,
      split,
      sources: quotable ? [...sources] : null,
      references: quotable ? [...references] : null,
      textSha256: sha256Hex(textOf(sources, references)),
      hypotheses: [...hypotheses],
      statistics: statistics.map((row) => [...row]),
    });
    records.push({ split, file, sha256, sentences: hypotheses.length });
  }
  return records;
}
