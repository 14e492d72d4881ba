/** What the models of a suite wrote, in files beside its result. */
import { dirname, join } from "node:path";
import { UserError } from "../src/errors.ts";
import type { TranslationsRecord } from "../src/results/schema_row.ts";
import { textOf, translationsName, writeTranslations } from "../src/results/translations_file.ts";
import type { DecodedSplit } from "../src/train/workload.ts";
import { sha256Hex } from "../src/util/sha256.ts";
import type { RowHead } from "./row.ts";
import type { SuiteEvents, SuitePlan } from "./suite_plan.ts";

/**
 * Writes the translations of the splits that were decoded.
 *
 * @returns What a row records of them; what was measured stays when the disk is full.
 */
export async function keepTranslations(
  decoded: readonly DecodedSplit[],
  { run: { task }, model, role, settings: { seed, schedule } }: RowHead,
  { output }: SuitePlan,
  { message }: SuiteEvents,
): Promise<{ readonly records: TranslationsRecord[]; readonly warnings: string[] }> {
  const records: TranslationsRecord[] = [];
  try {
    for (const one of decoded) {
      const { split, sources, references, hypotheses, statistics, quotable } = one;
      const file = translationsName(output, {
        task: task.name,
        model,
        seed,
        split,
        ...(role === "trial" ? { rate: schedule.peak } : {}),
      });
      const sha256 = await writeTranslations(join(dirname(output), file), {
        format: "mega-webgpu/translations-1",
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
    return { records, warnings: [] };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    message(`${task.name} ${model} seed ${seed}: its translations are not kept: ${error.message}`);
    return { records, warnings: ["the translations could not be written"] };
  }
}
