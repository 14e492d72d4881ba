import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../../errors.ts";
import { makeFolderAtomic } from "../../../util/atomic_folder.ts";
import { writeError } from "../../../util/atomic_write.ts";
import { sha256File, sha256Hex } from "../../../util/sha256.ts";
import type { Print } from "../../data_entry.ts";
import type { LineFileFacts } from "./line_files.ts";

const FORMAT = 1;
const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const sealSchema = z.strictObject({
  format: z.literal(FORMAT),
  key: sha256,
  files: z.record(z.string(), z.strictObject({ sha256, bytes: count, lines: count })),
});

/** What the files of a step depend on. */
export interface StepKey {
  /** Also the name of its folder. */
  readonly name: string;
  /** Raised whenever the code would write other files for the same options and inputs. */
  readonly version: number;
  readonly options: Readonly<Record<string, unknown>>;
  /** sha256 of each file that is read. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** The files of a finished step. */
export interface FinishedStep {
  readonly files: Readonly<Record<string, LineFileFacts>>;
  /** The path of one of its files. */
  path(file: string): string;
  /** The facts of one of its files. */
  facts(file: string): LineFileFacts;
}

/**
 * Steps of a long preparation, each a folder of files that appears only when it is complete and is
 * found again as long as nothing that it depends on has changed. A step of the same name that
 * depends on something else is replaced. One process at a time has a store; what another one, since
 * killed, left unfinished is removed when the store is opened.
 */
export class StepStore implements Disposable {
  readonly #folder: string;
  readonly #lock: Deno.FsFile;
  readonly #print: Print;

  private constructor(folder: string, lock: Deno.FsFile, print: Print) {
    this.#folder = folder;
    this.#lock = lock;
    this.#print = print;
  }

  /** Opens the store, waiting for a process that has it. @throws {UserError} on a full disk etc. */
  static async open(folder: string, print: Print): Promise<StepStore> {
    try {
      await Deno.mkdir(folder, { recursive: true });
      const lock = await Deno.open(join(folder, ".lock"), { write: true, create: true });
      await lock.lock(true);
      for (const { name } of [...Deno.readDirSync(folder)]) {
        if (name.endsWith(".tmp")) Deno.removeSync(join(folder, name), { recursive: true });
      }
      return new StepStore(folder, lock, print);
    } catch (error) {
      throw writeError(error, folder);
    }
  }

  [Symbol.dispose](): void {
    this.#lock.close();
  }

  /**
   * The files of a step, from an earlier run or made now.
   *
   * @param make Writes files to a folder; its value tells them. A failure leaves nothing behind.
   * @throws {UserError} Whatever `make` throws, and when the disk is full.
   */
  async run(
    key: StepKey,
    make: (folder: string) => Promise<Readonly<Record<string, LineFileFacts>>>,
  ): Promise<FinishedStep> {
    const folder = join(this.#folder, key.name);
    const digest = keyDigest(key);
    const found = await readStep(folder);
    if (found !== undefined && found.key === digest && await isIntact(folder, found.files)) {
      return finished(folder, found.files);
    }
    const started = performance.now();
    this.#print(`${key.name}: started`);
    const files = await makeFolderAtomic(folder, async (partial) => {
      const files = await make(partial);
      const seal = { format: FORMAT, key: digest, files };
      await Deno.writeTextFile(join(partial, "step.json"), `${JSON.stringify(seal)}\n`);
      return files;
    });
    const seconds = (performance.now() - started) / 1000;
    const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
    this.#print(`${key.name}: ${(bytes / 1e6).toFixed(1)} MB written in ${seconds.toFixed(1)} s`);
    return finished(folder, files);
  }
}

function keyDigest({ name, version, options, inputs }: StepKey): string {
  const sorted = Object.entries(inputs).sort(([a], [b]) => a < b ? -1 : 1);
  return sha256Hex(JSON.stringify([FORMAT, name, version, options, sorted]));
}

/** The seal of a step; undefined where there is none or it is damaged: it is made again. */
async function readStep(folder: string): Promise<z.infer<typeof sealSchema> | undefined> {
  try {
    return sealSchema.parse(JSON.parse(await Deno.readTextFile(join(folder, "step.json"))));
  } catch {
    return undefined;
  }
}

/** Whether all files hold what was written; they are read in full, and seldom. */
async function isIntact(
  folder: string,
  files: Readonly<Record<string, LineFileFacts>>,
): Promise<boolean> {
  for (const [name, { sha256 }] of Object.entries(files)) {
    const found = await sha256File(join(folder, name)).catch(() => undefined);
    if (found !== sha256) return false;
  }
  return true;
}

function finished(
  folder: string,
  files: Readonly<Record<string, LineFileFacts>>,
): FinishedStep {
  return {
    files,
    path: (file) => join(folder, file),
    facts(file) {
      const facts = files[file];
      if (facts === undefined) throw new Error(`${folder} has no file ${file}`);
      return facts;
    },
  };
}

/**
 * Reads every file of every finished step below a store's folder.
 *
 * @returns How many files were read.
 * @throws {UserError} for a file that does not match its checksum.
 */
export async function verifySteps(folder: string): Promise<number> {
  let read = 0;
  const steps = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  for (const { name } of steps.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const step = join(folder, name);
    const seal = await readStep(step);
    for (const [file, facts] of Object.entries(seal?.files ?? {})) {
      const path = join(step, file);
      const found = await sha256File(path).catch(() => undefined);
      if (found !== facts.sha256) {
        throw new UserError(`${path}: does not match its checksum: remove ${step}`);
      }
      read++;
    }
  }
  return read;
}
