/** Copies what belongs to a row from its cell to the place beside a result file. */
import { dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import type { ResultRow } from "../results/schema_row.ts";
import { translationsName } from "../results/translations_file.ts";
import { modelFileName, modelsFolder } from "../train/models_folder.ts";
import { writeFileAtomic } from "../util/atomic_write.ts";
import { ifPresent } from "../util/read_error.ts";
import { sha256Hex } from "../util/sha256.ts";
import { cellModelName } from "./cell.ts";
import { peakRate } from "./peak_rate.ts";
import { readRegular } from "../util/read_regular.ts";
import { LARGEST_TENSORS } from "../util/sealed_tensors.ts";

/**
 * Copies the model and the translations of a run.
 *
 * @param folder Folder of the cell.
 * @param row Its row, with the role that it has in the result.
 * @param output The result file that is going to be written.
 * @param trial What tells a trial from others of its task, model and seed, in names of files; its
 * peak learning rate where nothing is given.
 * @returns The row as it is in the result: its files are named from there.
 * @throws {UserError} when a file is missing, damaged, or cannot be written.
 */
export async function exportCell(
  folder: string,
  row: ResultRow,
  output: string,
  trial: string | number | undefined = peakRate(row),
): Promise<ResultRow> {
  const { role, task, model, seed, translations } = row;
  const rate = role === "trial" ? trial : undefined;
  const modelPath = join(folder, cellModelName);
  const bytes = await ifPresent(modelPath, readRegular(modelPath, LARGEST_TENSORS));
  if (bytes !== undefined) {
    const name = modelFileName(task.name, model.name, seed, rate);
    await writeFileAtomic(join(modelsFolder(output), name), bytes);
  }
  if (translations === undefined) return row;
  const renamed = [];
  for (const record of translations) {
    const path = join(folder, record.file);
    const text = await ifPresent(path, readRegular(path, LARGEST_TENSORS));
    if (text === undefined) throw new UserError(`${path}: missing: restore it or merge without it`);
    if (sha256Hex(text) !== record.sha256) {
      throw new UserError(`${path}: damaged (its digest does not match): restore it`);
    }
    const file = translationsName(output, {
      task: task.name,
      model: model.name,
      seed,
      split: record.split,
      ...(rate === undefined ? {} : { rate }),
    });
    await writeFileAtomic(join(dirname(output), file), text);
    renamed.push({ ...record, file });
  }
  return { ...row, translations: renamed };
}
