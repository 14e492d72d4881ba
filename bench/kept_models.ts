/** The trained models that a suite leaves beside its result. */
import { join } from "node:path";
import { UserError } from "../src/errors.ts";
import { saveModel } from "../src/train/model_file.ts";
import { modelFileName, modelsFolder } from "../src/train/models_folder.ts";
import type { Session } from "../src/train/session.ts";
import { writeError } from "../src/util/atomic_write.ts";
import type { RowHead } from "./row.ts";
import type { SuiteEvents, SuitePlan } from "./suite_plan.ts";

/** Where the model of a run is kept; trials have files of their own. */
function modelPath({ run: { task }, model, role, settings }: RowHead, output: string): string {
  const rate = role === "trial" ? settings.schedule.peak : undefined;
  return join(modelsFolder(output), modelFileName(task.name, model, settings.seed, rate));
}

/**
 * Writes the best parameters of a run, which the session holds at its end, beside the result.
 *
 * @returns Warnings for the row: what was measured stays when the disk is full.
 */
export async function keepModel(
  session: Session,
  head: RowHead,
  { output }: SuitePlan,
  { message }: SuiteEvents,
): Promise<string[]> {
  const { run: { modelHead, task }, model, settings: { seed } } = head;
  if (modelHead === undefined) return [];
  try {
    await saveModel(modelPath(head, output), modelHead(seed), await session.trained());
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    message(`${task.name} ${model} seed ${seed}: its model is not kept: ${error.message}`);
    return ["the trained model could not be written"];
  }
}

/** Makes the model of a trial that of a final run; false when it is gone and has to be trained anew. */
export async function reuseModel(
  trial: RowHead,
  final: RowHead,
  { output }: SuitePlan,
): Promise<boolean> {
  if (trial.run.modelHead === undefined) return true;
  try {
    await Deno.copyFile(modelPath(trial, output), modelPath(final, output));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw writeError(error, modelPath(final, output));
  }
}
