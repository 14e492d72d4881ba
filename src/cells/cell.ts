/** One run in a folder of its own. */
import { dirname, join } from "node:path";
import { DamagedError } from "../errors.ts";
import { canonicalHash } from "../util/canonical_hash.ts";
import { writeError } from "../util/atomic_write.ts";
import { FolderLock } from "../util/folder_lock.ts";
import { isPresent } from "../util/read_error.ts";
import { readSealed, writeSealed } from "../util/sealed_file.ts";
import { readCellRow } from "./cell_row.ts";
import {
  type CellCurve,
  cellFormat,
  type CellIdentity,
  type CellLog,
  cellLogFormat,
  type CellProgress,
  type CellRow,
  cellRowFormat,
  curveFormat,
  progressFormat,
} from "./cell_files.ts";

/** Digits of a cell's hash that name its folder. */
const idLength = 20;

/** Name of the folder of a cell: the start of its identity's SHA-256. */
export function cellId(identity: CellIdentity): string {
  return canonicalHash(identity).slice(0, idLength);
}

/** Name of the model of a complete cell in its folder. */
export const cellModelName = "model.safetensors";

/** Name of the translations of a split in the folder of their cell. */
export function cellTranslationsName(split: string): string {
  return `translations-${split}.json`;
}

/** Names of checkpoints and of the models that they refer to. */
const checkpoints = /^(?:last|best-\d+|recent-\d+)\.safetensors$/;

/** What the folder of a run that never got going may hold beside locks. */
const unused: ReadonlySet<string> = new Set(["cell.json", "log.json", "progress.json"]);

/**
 * A cell: all that its numbers depend on, and the folder that keeps what they are. Only the holder
 * of its lock writes to it; everybody may read.
 */
export class Cell {
  /** See {@link cellId}. */
  readonly id: string;
  /** Absolute path. */
  readonly folder: string;

  /** @param store Folder of all cells. Nothing is read or written yet. */
  constructor(store: string, readonly identity: CellIdentity) {
    this.id = cellId(identity);
    this.folder = join(store, this.id);
  }

  /** Path of a file of the cell. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** What the run measured; undefined until it is complete. @throws {DamagedError} when damaged. */
  async row(): Promise<CellRow | undefined> {
    return await readCellRow(this.folder, this.identity);
  }

  /**
   * Takes the lock and makes sure that the folder is this cell's.
   *
   * @param report Is told when that takes a while. @param signal Ends it; its reason is thrown.
   * @throws {LockedError} when another process has it.
   */
  async lock(report: (line: string) => void, signal: AbortSignal): Promise<FolderLock> {
    const lock = await FolderLock.acquire(this.folder, { report, signal });
    try {
      const record = await readSealed(this.path("cell.json"), cellFormat);
      if (record !== undefined && cellId(record.identity) !== this.id) {
        throw new DamagedError(
          `${this.path("cell.json")}: holds another cell than its folder says`,
        );
      }
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
    return lock;
  }

  /**
   * Says what the cell is, unless the folder says so already, and notes a start in the log.
   *
   * @throws {UserError} when the folder cannot be written; likewise everything below that writes.
   */
  async begin(commit: string | null, event: string): Promise<void> {
    const path = this.path("cell.json");
    if (await readSealed(path, cellFormat) === undefined) {
      const createdAt = new Date().toISOString();
      await writeSealed(path, cellFormat, { identity: this.identity, createdAt, commit });
    }
    await this.note(event, commit);
  }

  /** Everything that happened, in order. @throws {DamagedError} when damaged. */
  async log(): Promise<CellLog> {
    return await readSealed(this.path("log.json"), cellLogFormat) ?? [];
  }

  /** Adds an event to the log. */
  async note(event: string, commit: string | null): Promise<void> {
    const log = await this.log();
    log.push({ at: new Date().toISOString(), event, commit });
    await writeSealed(this.path("log.json"), cellLogFormat, log);
  }

  /** For those who watch. */
  async writeProgress(progress: CellProgress): Promise<void> {
    await writeSealed(this.path("progress.json"), progressFormat, progress);
  }

  /** Keeps the curves so far. */
  async writeCurve(curve: CellCurve): Promise<void> {
    await writeSealed(this.path("curve.json"), curveFormat, curve);
  }

  /**
   * Completes the cell; its checkpoints are of no use any more.
   *
   * @throws {UserError} when the row cannot be written; the checkpoints stay.
   */
  async complete(row: CellRow): Promise<void> {
    await writeSealed(this.path("row.json"), cellRowFormat, row);
    for await (const { name } of Deno.readDir(this.folder)) {
      // One that stays takes room and nothing else.
      if (checkpoints.test(name)) await Deno.remove(this.path(name)).catch(() => undefined);
    }
  }

  /**
   * Whether a run got so far that it left a checkpoint.
   *
   * @throws {DamagedError} when the checkpoint is gone.
   */
  async hasCheckpoint(): Promise<boolean> {
    const path = this.path("last.safetensors");
    if (await isPresent(path)) return true;
    // The curve is written right after the checkpoint.
    if (!await isPresent(this.path("curve.json"))) return false;
    throw new DamagedError(`${path}: missing, though the run has a curve`);
  }

  /** Whether something of the run is worth to be continued, or it is complete. */
  async isBegun(): Promise<boolean> {
    return await isPresent(this.path("row.json")) || await isPresent(this.path("curve.json"));
  }

  /**
   * Moves the folder out of the way, so that the run begins anew.
   *
   * @returns Where it is. @throws {UserError} when it cannot be moved.
   */
  async setAside(): Promise<string> {
    const folder = join(dirname(this.folder), "aside");
    const place = join(folder, `${this.id}-${crypto.randomUUID().slice(0, 8)}`);
    try {
      await Deno.mkdir(folder, { recursive: true });
      await Deno.rename(this.folder, place);
    } catch (error) {
      throw writeError(error, place);
    }
    return place;
  }

  /** Removes the folder of a run that never got going: one without checkpoint, model or row. */
  async dropUnused(): Promise<void> {
    for await (const { name } of Deno.readDir(this.folder)) {
      if (!unused.has(name) && !/^lock-\d+\.json$/.test(name)) return;
    }
    await Deno.remove(this.folder, { recursive: true });
  }
}
