import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { UserError } from "../../../errors.ts";
import { readRegularSync } from "../../../util/read_regular.ts";
import { sha256Hex } from "../../../util/sha256.ts";
import { extractTar, listTar } from "../../archive.ts";
import type { OfficialArchive, Print } from "../../data_entry.ts";
import { exists } from "../../official_folder.ts";
import { decodeLines, measureLines } from "../preparation/line_files.ts";
import type { MeasuredInputs, ParallelFiles } from "../preparation/measured_inputs.ts";
import type { StepStore } from "../preparation/step_store.ts";
import { textStep } from "../preparation/text_step.ts";
import { type Language, LANGUAGES } from "../parallel_corpus.ts";

/** Folder of the official files below a data folder. */
export const MULTI30K_FOLDER = "multi30k";

/** A tar file of the folder `multi30k`, taken as well. */
const TAR = "multi30k_task1_en_de.tar";

/** Texts of task 1 by their roles: file names without language. */
const TEXTS = { train: "train", valid: "val", test: "test_2016_flickr" } as const;

const ADDRESS = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw";

/** sha256 of the published files. */
const SHA256: Readonly<Record<string, string>> = {
  "train.en.gz": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
  "train.de.gz": "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
  "val.en.gz": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
  "val.de.gz": "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
  "test_2016_flickr.en.gz": "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
  "test_2016_flickr.de.gz": "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
  "test_2017_flickr.en.gz": "76a444ee25172e72695cddb13ae4a3bda59430617be88e0bb46b60504f054074",
  "test_2017_flickr.de.gz": "a2c89666db00c495cd8513b9d708d5a3acc205d7de312ef2bf5fb7ebc1540aee",
};

/** The published files, each fetched on its own (github.com/multi30k/dataset, CC BY-NC-SA 4.0). */
export const MULTI30K_FILES: readonly OfficialArchive[] = Object.entries(SHA256).map(
  ([file, sha256]) => ({
    url: `${ADDRESS}/${file}`,
    sha256,
    folder: MULTI30K_FOLDER,
    file,
    select: () => undefined,
  }),
);

const LARGEST_TEXT = 256 * 2 ** 20;
/** Raised when the files are read in another way. */
const VERSION = 1;

/** The folder at or below `dataDir` with the files, packed or not, or with the tar of them. */
export async function findMulti30k(dataDir: string): Promise<string | undefined> {
  const names = [TAR, "train.en.gz", "train.en"];
  if (await hasOne(join(dataDir, MULTI30K_FOLDER), names)) return join(dataDir, MULTI30K_FOLDER);
  // Files called `train.en` could be of anything.
  const here = basename(dataDir) === MULTI30K_FOLDER ? names : [TAR];
  return await hasOne(dataDir, here) ? dataDir : undefined;
}

async function hasOne(folder: string, names: readonly string[]): Promise<boolean> {
  for (const name of names) if (await exists(join(folder, name))) return true;
  return false;
}

/** The files of a folder that are used: single ones, or the tar of them. */
async function filesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of Object.values(TEXTS)) {
    for (const language of LANGUAGES) {
      const plain = join(folder, `${name}.${language}`);
      for (const path of [`${plain}.gz`, plain]) {
        if (!await exists(path)) continue;
        found.push(path);
        break;
      }
    }
  }
  return found.length > 0 ? found : [join(folder, TAR)];
}

/** sha256 over the files of a folder that are used. */
export async function multi30kFingerprint(
  folder: string,
  inputs: MeasuredInputs,
): Promise<string> {
  const hashes: [string, string][] = [];
  for (const path of await filesOf(folder)) {
    hashes.push([basename(path), (await inputs.measure(path)).sha256]);
  }
  return sha256Hex(JSON.stringify(hashes));
}

/** Reads all files of a folder; a line for each. @throws {UserError} for a damaged one. */
export async function verifyMulti30k(folder: string, print: Print): Promise<void> {
  for (const path of await filesOf(folder)) {
    if (basename(path) === TAR) print(`multi30k: ${path}: ${(await listTar(path)).size} files`);
    else print(`multi30k: ${path}: ${plainLines(path).length} lines`);
  }
}

/** The texts of Multi30k as files of plain text. */
export type Multi30kTexts = Readonly<Record<keyof typeof TEXTS, ParallelFiles>>;

/**
 * The texts of a folder that {@link findMulti30k} found, unpacked into steps of their own.
 *
 * @throws {UserError} for a missing file, one that is damaged, and one that is not UTF-8.
 */
export async function multi30kTexts(
  folder: string,
  store: StepStore,
  inputs: MeasuredInputs,
): Promise<Multi30kTexts> {
  const unpacked = await unpackTar(folder, store, inputs);
  const text = (name: string) => unpackText(name, unpacked, store, inputs);
  return {
    train: await text(TEXTS.train),
    valid: await text(TEXTS.valid),
    test: await text(TEXTS.test),
  };
}

/** The folder of the single files: the one given, or what its tar holds. */
async function unpackTar(
  folder: string,
  store: StepStore,
  inputs: MeasuredInputs,
): Promise<string> {
  const archive = join(folder, TAR);
  if (await hasOne(folder, ["train.en.gz", "train.en"]) || !await exists(archive)) return folder;
  const key = {
    name: "unpacked",
    version: VERSION,
    options: {},
    inputs: { archive: (await inputs.measure(archive)).sha256 },
  };
  const files = Object.values(TEXTS).flatMap((name) =>
    LANGUAGES.map((language) => `${name}.${language}.gz`)
  );
  const step = await store.run(key, async (into) => {
    await extractTar({
      archive,
      target: join(into, "files"),
      select: (path) => files.find((file) => basename(path) === file),
      required: files,
    });
    return Object.fromEntries(
      files.map((file) => [`files/${file}`, measureLines(join(into, "files", file))]),
    );
  });
  return step.path("files");
}

/** One text as plain text: unpacked where it is packed. */
async function unpackText(
  name: string,
  folder: string,
  store: StepStore,
  inputs: MeasuredInputs,
): Promise<ParallelFiles> {
  const path = async (language: Language) => {
    const plain = join(folder, `${name}.${language}`);
    if (await exists(`${plain}.gz`)) return `${plain}.gz`;
    if (await exists(plain)) return plain;
    throw new UserError(
      `multi30k: no ${name}.${language}.gz in ${folder}: run "deno task data fetch multi30k" ` +
        "or put the file there",
    );
  };
  const files = { name, en: await path("en"), de: await path("de") };
  return await textStep(files, { store, inputs, version: VERSION, read: plainLines });
}

/** The lines of a file of a few megabytes, packed or not. @throws {UserError} */
function plainLines(path: string): string[] {
  let bytes: Uint8Array = readRegularSync(path, LARGEST_TEXT);
  try {
    if (path.endsWith(".gz")) bytes = gunzipSync(bytes, { maxOutputLength: LARGEST_TEXT });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!code.startsWith("Z_") && code !== "ERR_BUFFER_TOO_LARGE") throw error;
    throw new UserError(`${path}: the gzip file is damaged or cut: get it anew`, { cause: error });
  }
  const lines = decodeLines(bytes, path);
  if (lines.at(-1) === "") lines.pop();
  if (lines.length === 0) throw new UserError(`${path}: is empty: get the file anew`);
  return lines;
}
