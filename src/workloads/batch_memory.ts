import { UserError } from "../errors.ts";
import { formatBytes } from "../util/format.ts";

/** What every batch of a run holds. */
export interface BatchSize {
  readonly rows: number;
  /** Positions of a row. */
  readonly length: number;
}

/** Inputs, targets and weights of a position, four bytes each. */
const POSITION_BYTES = 12;
/** What the host keeps of a row beside its positions. */
const ROW_BYTES = 256;

/** Least bytes of the host's memory that a batch takes while it is put together. */
export function batchBytes({ rows, length }: BatchSize): number {
  return rows * (length * POSITION_BYTES + ROW_BYTES);
}

/**
 * Refuses batches that this machine cannot even put together, before anything is allocated. What the
 * device can hold is checked when the programs are compiled.
 *
 * @param available Bytes of memory; all of the machine's unless a test says otherwise.
 * @throws {UserError} with the estimate.
 */
export function checkBatchMemory(
  size: BatchSize,
  available: number = Deno.systemMemoryInfo().total,
): void {
  const needed = batchBytes(size);
  if (needed <= available) return;
  throw new UserError(
    `batches of ${size.rows} x ${size.length} positions take at least ${formatBytes(needed)} and ` +
      `this machine has ${formatBytes(available)}: choose a smaller --batch-size`,
  );
}
