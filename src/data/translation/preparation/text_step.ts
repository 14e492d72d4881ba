import { join } from "node:path";
import { writeLines } from "./line_files.ts";
import { checkSameLines, type MeasuredInputs, type ParallelFiles } from "./measured_inputs.ts";
import type { StepStore } from "./step_store.ts";

/** How files of another form become plain text. */
export interface TextStepOptions {
  readonly store: StepStore;
  readonly inputs: MeasuredInputs;
  /** Raised when `read` gives other lines. */
  readonly version: number;
  /** The lines of a file. Throws UserError for a damaged one. */
  readonly read: (path: string) => readonly string[];
}

/**
 * A step that writes two parallel files as plain text.
 *
 * @throws {UserError} What `read` throws, and when one file has more lines than the other.
 */
export async function textStep(
  { name, en, de }: ParallelFiles,
  { store, inputs, version, read }: TextStepOptions,
): Promise<ParallelFiles> {
  const key = {
    name: `text-${name}`,
    version,
    options: {},
    inputs: { en: (await inputs.measure(en)).sha256, de: (await inputs.measure(de)).sha256 },
  };
  const step = await store.run(key, (folder) => {
    const lines = { en: read(en), de: read(de) };
    checkSameLines({ en, de }, lines.en.length, lines.de.length);
    return Promise.resolve({
      en: writeLines(join(folder, "en"), lines.en),
      de: writeLines(join(folder, "de"), lines.de),
    });
  });
  return { name, en: step.path("en"), de: step.path("de") };
}
