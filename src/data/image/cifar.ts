import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { openRegularSync, readRegularSync } from "../../util/read_regular.ts";
import { fileNames, findFolder } from "../official_folder.ts";
import type { PixelExample } from "../value_cache.ts";
import { readGrayImage } from "./decode.ts";
import { luma } from "./grayscale.ts";

/** Width and height of a CIFAR-10 picture. */
export const SIDE = 32;
const AREA = SIDE * SIDE;
const RECORD = 1 + 3 * AREA;
/** Most records of a batch file: as many as an official one has. */
const RECORDS = 10_000;

/** The classes in label order. */
export const CIFAR_CLASSES = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
] as const;

/** The two parts that CIFAR-10 is published in. */
export type CifarPart = "train" | "test";

const BATCH_FILES: Readonly<Record<CifarPart, readonly string[]>> = {
  train: [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`),
  test: ["test_batch.bin"],
};

/** The files of the binary version. */
export const CIFAR_BATCHES: readonly string[] = [...BATCH_FILES.train, ...BATCH_FILES.test];

/** Pictures of each part, in five files and in one (https://www.cs.toronto.edu/~kriz/cifar.html). */
export const CIFAR_LENGTH: Readonly<Record<CifarPart, number>> = { train: 50_000, test: 10_000 };

/** Bytes of a published batch, the largest of the files. */
export const LARGEST_FILE = RECORDS * RECORD;

/** CIFAR-10 in whatever form a folder has it: pictures by number, decoded when asked for. */
export interface CifarSource {
  /** `binary`: the official batches. `png`, `jpeg`: a folder per class (JPEG is not lossless). */
  readonly form: "binary" | "png" | "jpeg";
  /** All files, by their names below the folder. */
  readonly files: readonly string[];
  readonly length: Readonly<Record<CifarPart, number>>;
  /** The grey picture [1024] and its label; UserError when its file is damaged. */
  picture(part: CifarPart, index: number): PixelExample;
}

const FOLDERS = [
  ".",
  "cifar-10-batches-bin",
  "cifar10",
  "cifar-10",
  "cifar10_jpeg",
  "cifar10-jpeg",
  "cifar10_png",
  "CIFAR-10-images",
];

/**
 * The folder at or below `dataDir` with CIFAR-10: binary batches first, else class folders; or
 * undefined. UserError when `dataDir` does not exist.
 */
export async function findCifar(dataDir: string): Promise<string | undefined> {
  return await findFolder(dataDir, FOLDERS, ["data_batch_1.bin"]) ??
    await findFolder(dataDir, FOLDERS, [join("train", CIFAR_CLASSES[0])]);
}

/** Opens a folder that `findCifar` found. Throws UserError for missing and malformed files. */
export function openCifar(folder: string): CifarSource {
  const binary = fileNames(folder, (name) => name === "data_batch_1.bin").length === 1;
  return binary ? openBatches(folder) : openClassFolders(folder);
}

/**
 * The official binary version: records of one label byte and 1024 red, 1024 green and 1024 blue
 * bytes, rows from the top (https://www.cs.toronto.edu/~kriz/cifar.html).
 */
function openBatches(folder: string): CifarSource {
  const counts = new Map(CIFAR_BATCHES.map((file) => [file, recordsOf(join(folder, file))]));
  const count = (file: string) => counts.get(file) ?? 0;
  const total = (part: CifarPart) => BATCH_FILES[part].reduce((sum, file) => sum + count(file), 0);
  const batches = new Map<string, Uint8Array>();
  const record = (part: CifarPart, index: number): Uint8Array => {
    let at = index;
    for (const file of BATCH_FILES[part]) {
      if (at < count(file)) {
        const batch = batches.get(file) ?? readBatch(join(folder, file));
        batches.set(file, batch);
        return batch.subarray(at * RECORD, (at + 1) * RECORD);
      }
      at -= count(file);
    }
    throw new RangeError(`picture ${index} of ${total(part)}`);
  };
  return {
    form: "binary",
    files: CIFAR_BATCHES,
    length: { train: total("train"), test: total("test") },
    picture(part, index) {
      const bytes = record(part, index);
      const pixels = new Uint8Array(AREA);
      for (let i = 0; i < AREA; i++) {
        pixels[i] = luma(bytes[1 + i], bytes[1 + AREA + i], bytes[1 + 2 * AREA + i]);
      }
      return { pixels, label: bytes[0] };
    },
  };
}

/** How many records a batch has by its size. Throws UserError for another size. */
function recordsOf(path: string): number {
  using file = openRegularSync(path, LARGEST_FILE);
  const { size } = file.statSync();
  if (size > 0 && size % RECORD === 0) return size / RECORD;
  throw new UserError(
    `${path}: ${size} bytes, expected records of ${RECORD}: the file is cut or not the binary ` +
      "version",
  );
}

/** The records of a batch. Throws UserError for a label that is none. */
function readBatch(path: string): Uint8Array {
  const bytes = readRegularSync(path, LARGEST_FILE);
  for (let at = 0; at < bytes.length; at += RECORD) {
    if (bytes[at] >= CIFAR_CLASSES.length) {
      throw new UserError(`${path}: record ${at / RECORD}: label ${bytes[at]} is not 0 to 9`);
    }
  }
  return bytes;
}

/**
 * Picture files `train/CLASS/NAME.png` (or .jpg, .jpeg), `test/…`: numbered by the place of their
 * name within the class, then by class in label order, so that the first pictures of any number hold
 * all classes alike. This order differs from that of the binary batches, and so do the splits.
 */
function openClassFolders(folder: string): CifarSource {
  const list = (part: CifarPart) => {
    const classes = CIFAR_CLASSES.map((name, label) => {
      const inside = join(part, name);
      const names = fileNames(join(folder, inside), (file) => /\.(?:png|jpe?g)$/i.test(file));
      if (names.length === 0) throw new UserError(`${join(folder, inside)}: no picture files`);
      return names.map((file) => ({ file: `${part}/${name}/${file}`, label }));
    });
    const most = Math.max(...classes.map(({ length }) => length));
    return Array.from(
      { length: most },
      (_, place) => classes.flatMap((pictures) => pictures.slice(place, place + 1)),
    ).flat();
  };
  const parts = { train: list("train"), test: list("test") };
  const files = [...parts.train, ...parts.test].map(({ file }) => file);
  return {
    form: files.every((file) => /\.png$/i.test(file)) ? "png" : "jpeg",
    files,
    length: { train: parts.train.length, test: parts.test.length },
    picture(part, index) {
      const { file, label } = parts[part][index];
      return { pixels: readGrayImage(join(folder, file), SIDE), label };
    },
  };
}
