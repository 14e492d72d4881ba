import { basename, join } from "node:path";
import { UserError } from "../../../errors.ts";
import { sha256Hex } from "../../../util/sha256.ts";
import { checkRequired, listTar } from "../../archive.ts";
import type { Print } from "../../data_entry.ts";
import { extractArchive } from "../../extract_archive.ts";
import { exists } from "../../official_folder.ts";
import { byteTeller } from "../preparation/line_teller.ts";
import { measureLines, readLineBlocks } from "../preparation/line_files.ts";
import {
  checkSameLines,
  type MeasuredInputs,
  type ParallelFiles,
} from "../preparation/measured_inputs.ts";
import type { StepStore } from "../preparation/step_store.ts";
import { textStep } from "../preparation/text_step.ts";
import {
  archiveName,
  FURTHER_SETS,
  type NewsTest,
  TEST_SET,
  TRAINING_TEXTS,
  VALID_SET,
  WMT16_ARCHIVES,
  WMT16_FOLDER,
  type Wmt16Archive,
} from "./archives.ts";
import { readSgm } from "./sgm.ts";

/** Raised when archives or SGM files are read in another way. */
const VERSION = 1;

/** Where files are looked for below a folder: as fetched, as in the archives, and side by side. */
const SUBFOLDERS = [
  ...WMT16_ARCHIVES.map(({ folder }) => basename(folder)),
  "",
  "training",
  "training-parallel-nc-v11",
  "dev",
  "test",
];

async function findFile(folder: string, name: string): Promise<string | undefined> {
  for (const subfolder of SUBFOLDERS) {
    const path = join(folder, subfolder, name);
    if (await exists(path)) return path;
  }
  return undefined;
}

/**
 * The folder at or below `dataDir` that holds files or archives of the WMT16 news task, or
 * undefined. A single one is enough: what else is missing is told when it is needed.
 */
export async function findWmt16(dataDir: string): Promise<string | undefined> {
  const files = WMT16_ARCHIVES.flatMap(({ required = [] }) => required);
  const archives = WMT16_ARCHIVES.map(archiveName);
  // Beside other data `dev.tgz` and the like may be anything.
  const distinct = archives.filter((name) => name.startsWith("training-"));
  const places = [
    { folder: join(dataDir, WMT16_FOLDER), names: [...files, ...archives] },
    { folder: dataDir, names: [...files, ...distinct] },
  ];
  for (const { folder, names } of places) {
    for (const name of names) if (await findFile(folder, name) !== undefined) return folder;
  }
  return undefined;
}

/**
 * Checks all files of a folder without preparing anything: numbers of lines that agree, SGM that
 * can be read, archives that are complete. A line for each.
 *
 * @throws {UserError}
 */
export async function verifyWmt16(folder: string, print: Print): Promise<void> {
  for (const archive of WMT16_ARCHIVES) {
    const path = await findFile(folder, archiveName(archive));
    if (path === undefined) continue;
    const names = new Set([...(await listTar(path)).keys()].map((each) => basename(each)));
    checkRequired(path, names, archive.required);
    print(`wmt16-en-de: ${path}: ${names.size} files`);
  }
  const texts = TRAINING_TEXTS.map((name) => ({
    name,
    en: `${name}.en`,
    de: `${name}.de`,
    sgm: false,
  }));
  for (const { name, sgm, ...files } of [...texts, VALID_SET, TEST_SET, ...FURTHER_SETS]) {
    const [en, de] = [await findFile(folder, files.en), await findFile(folder, files.de)];
    if (en === undefined || de === undefined) continue;
    const count = (path: string) => {
      if (sgm) return readSgm(path).length;
      let lines = 0;
      for (const block of readLineBlocks(path)) lines += block.length;
      return lines;
    };
    const lines = checkSameLines({ en, de }, count(en), count(de));
    print(`wmt16-en-de: ${en} and ${de}: ${lines} lines of ${name}`);
  }
}

/** sha256 over all files of a folder that are used; archives count beside unpacked files. */
export async function wmt16Fingerprint(folder: string, inputs: MeasuredInputs): Promise<string> {
  const hashes: [string, string][] = [];
  for (const archive of WMT16_ARCHIVES) {
    for (const name of [...archive.files, archiveName(archive)]) {
      const path = await findFile(folder, name);
      if (path !== undefined) hashes.push([name, (await inputs.measure(path)).sha256]);
    }
  }
  return sha256Hex(JSON.stringify(hashes));
}

/** The texts of the WMT16 news task as files of plain text. */
export interface Wmt16Texts {
  readonly train: readonly ParallelFiles[];
  readonly valid: ParallelFiles;
  readonly test: ParallelFiles;
  readonly further: readonly ParallelFiles[];
}

/** Finds files of one folder, unpacking archives where it holds nothing else. */
export class Wmt16Files {
  readonly #folder: string;
  readonly #store: StepStore;
  readonly #inputs: MeasuredInputs;
  readonly #print: Print;

  constructor(folder: string, store: StepStore, inputs: MeasuredInputs, print: Print) {
    this.#folder = folder;
    this.#store = store;
    this.#inputs = inputs;
    this.#print = print;
  }

  /**
   * All texts: training text and plain test sets as they are, test sets in SGM as plain text.
   *
   * @throws {UserError} for a missing file, a damaged archive, and malformed SGM.
   */
  async texts(): Promise<Wmt16Texts> {
    const train: ParallelFiles[] = [];
    for (const name of TRAINING_TEXTS) {
      const [en, de] = [await this.#required(`${name}.en`), await this.#required(`${name}.de`)];
      train.push({ name: name.replace(/\.de-en$/, ""), en, de });
    }
    const valid = await this.#set(VALID_SET, true);
    const test = await this.#set(TEST_SET, true);
    const further: ParallelFiles[] = [];
    for (const set of FURTHER_SETS) {
      const files = await this.#set(set, false);
      if (files !== undefined) further.push(files);
    }
    return { train, valid, test, further };
  }

  #set(set: NewsTest, required: true): Promise<ParallelFiles>;
  #set(set: NewsTest, required: boolean): Promise<ParallelFiles | undefined>;
  async #set(set: NewsTest, required: boolean): Promise<ParallelFiles | undefined> {
    const { name } = set;
    const find = (file: string) => required ? this.#required(file) : this.#find(file);
    const [en, de] = [await find(set.en), await find(set.de)];
    if (en === undefined || de === undefined) return undefined;
    if (!set.sgm) return { name, en, de };
    const [store, inputs] = [this.#store, this.#inputs];
    return await textStep({ name, en, de }, { store, inputs, version: VERSION, read: readSgm });
  }

  async #required(name: string): Promise<string> {
    const path = await this.#find(name);
    if (path !== undefined) return path;
    const archive = WMT16_ARCHIVES.find(({ files }) => files.includes(name));
    const or = archive === undefined ? "" : ` and no ${archiveName(archive)}`;
    throw new UserError(
      `wmt16-en-de: no ${name}${or} in ${this.#folder}: run "deno task data fetch wmt16-en-de" ` +
        "or put the file there",
    );
  }

  async #find(name: string): Promise<string | undefined> {
    const path = await findFile(this.#folder, name);
    if (path !== undefined) return path;
    const archive = WMT16_ARCHIVES.find(({ files }) => files.includes(name));
    if (archive === undefined) return undefined;
    const packed = await findFile(this.#folder, archiveName(archive));
    return packed === undefined ? undefined : await this.#unpacked(archive, packed, name);
  }

  /** The path of a file of an archive, which is unpacked into the cache. */
  async #unpacked(
    archive: Wmt16Archive,
    path: string,
    name: string,
  ): Promise<string | undefined> {
    const { folder: published, files, required, select } = archive;
    const key = {
      name: `unpacked-${basename(published)}`,
      version: VERSION,
      options: { files },
      inputs: { archive: (await this.#inputs.measure(path)).sha256 },
    };
    const step = await this.#store.run(key, async (folder) => {
      const target = join(folder, "files");
      const onProgress = byteTeller(key.name, this.#print);
      await extractArchive({
        archive: path,
        target,
        select,
        onProgress,
        ...(required === undefined ? {} : { required }),
      });
      const names = files.filter((file) => {
        try {
          return Deno.statSync(join(target, file)).isFile;
        } catch {
          return false;
        }
      });
      return Object.fromEntries(
        names.map((file) => [`files/${file}`, measureLines(join(target, file))]),
      );
    });
    const file = `files/${name}`;
    return step.files[file] === undefined ? undefined : step.path(file);
  }
}
