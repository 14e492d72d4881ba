/** The trained model that a run leaves in its cell. */
import { type Cell, cellModelName } from "../src/cells/cell.ts";
import { saveModel } from "../src/train/model_file.ts";
import type { Session } from "../src/train/session.ts";
import type { RowHead } from "./row.ts";

/**
 * Writes the best parameters of a run, which the session holds at its end; nothing for models that
 * nobody uses after their run.
 *
 * @throws {UserError} when the file cannot be written.
 */
export async function keepModel(
  session: Session,
  { run: { modelHead }, settings: { seed } }: RowHead,
  cell: Cell,
): Promise<void> {
  if (modelHead === undefined) return;
  await saveModel(cell.path(cellModelName), modelHead(seed), await session.trained());
}
