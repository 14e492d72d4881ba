import type { Cell } from "../cells/cell.ts";
import { isPresent } from "../util/read_error.ts";
import { type BenchRecord, dropRun, saveRun } from "./bench_plan.ts";

/** The cells of a bench run that have begun, and its record, which names them. */
export class BegunCells {
  readonly #cells = new Map<string, Cell>();
  readonly #earlier: readonly string[];
  #record: BenchRecord;

  /** @param record As it is, or would be, on disk: cells that it names already stay in it. */
  constructor(record: BenchRecord) {
    this.#earlier = record.began;
    this.#record = record;
  }

  /** The record as it is now. */
  get record(): BenchRecord {
    return this.#record;
  }

  /** The cells of this attempt, in order. */
  get cells(): readonly Cell[] {
    return [...this.#cells.values()];
  }

  /** Adds the cell that comes next. @throws {UserError} when the record cannot be written. */
  async add(cell: Cell): Promise<void> {
    this.#cells.set(cell.id, cell);
    const began = [...new Set([...this.#earlier, ...this.#cells.keys()])];
    this.#record = { ...this.#record, began };
    await saveRun(this.#record);
  }

  /**
   * Whether anything is kept of this attempt. When nothing is, neither now nor from earlier
   * attempts, the record goes as well: a start that fails leaves nothing behind.
   */
  async keepAny(): Promise<boolean> {
    for (const cell of this.#cells.values()) if (await isPresent(cell.folder)) return true;
    if (this.#earlier.length === 0) await dropRun(this.#record);
    return false;
  }
}
