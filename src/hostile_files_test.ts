/** Readers of files that a user gives, on files that are not what they should be. */
import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { copyFolder, withFolder } from "./data/data_test_folder.ts";
import { extractArchive } from "./data/extract_archive.ts";
import { openCifar } from "./data/image/cifar.ts";
import { readGrayImage } from "./data/image/decode.ts";
import { readListOpsTsv } from "./data/listops/tsv.ts";
import { Dictionary } from "./data/lm/dictionary.ts";
import { ENWIK8 } from "./data/lm/enwik8.ts";
import { publishedRecipe } from "./data/lm/published_text.ts";
import { scanText } from "./data/lm/scan.ts";
import { fileSource } from "./data/lm/text_source.ts";
import { loadPackedSplits } from "./data/packed_cache.ts";
import { readPathfinderRecords } from "./data/pathfinder/official.ts";
import { readPairs } from "./data/retrieval/tsv.ts";
import { listReviews, readReview } from "./data/text/imdb.ts";
import { BpeCodes } from "./data/translation/bpe/codes.ts";
import { verifyMulti30k } from "./data/translation/multi30k/files.ts";
import { readFileLines } from "./data/translation/preparation/line_files.ts";
import { readSgm } from "./data/translation/wmt16/sgm.ts";
import { loadValueCache } from "./data/value_cache.ts";
import { UserError } from "./errors.ts";
import { Golden } from "./eval/verify/golden.ts";
import { verifyTextFile } from "./eval/verify/text/verify_text.ts";
import { loadCheckpoint } from "./train/checkpoint.ts";
import { loadModel } from "./train/model_file.ts";

const FIXTURES = `${import.meta.dirname}/../fixtures`;
const SAFE = `${FIXTURES}/goldens/realnum_embedding.safetensors`;

const bytesOf = (text: string) => new TextEncoder().encode(text);
const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** Bytes that look like nothing, the same every time. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state, 1_103_515_245) + 12_345 | 0;
    return state >>> 16 & 255;
  });
}

/** A header of a safetensors file and what follows. */
function safetensors(header: string, body = new Uint8Array(0)): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return joined(length, bytesOf(header), body);
}

/** Files in place of a sound one. */
const damages: Readonly<Record<string, (sound: Uint8Array) => Uint8Array>> = {
  "empty": () => new Uint8Array(0),
  "one byte": () => Uint8Array.of(10),
  "cut in half": (sound) => sound.subarray(0, sound.length >> 1),
  "without its last byte": (sound) => sound.subarray(0, -1),
  "noise": () => noise(5000),
  "noise after its start": (sound) => joined(sound.subarray(0, 40), noise(3000)),
  "one byte changed": (sound) => sound.map((byte, i) => i === sound.length >> 1 ? byte ^ 85 : byte),
  "zeros": () => new Uint8Array(5000),
  "a NUL inside": (sound) => joined(sound.subarray(0, 30), Uint8Array.of(0), sound.subarray(30)),
  "a byte order mark": (sound) => joined(Uint8Array.of(0xef, 0xbb, 0xbf), sound),
  "CRLF": (sound) => Uint8Array.from([...sound].flatMap((byte) => byte === 10 ? [13, 10] : [byte])),
  "huge numbers": () => bytesOf(`${"9".repeat(400)}\t1e999 -1e999 NaN\n`.repeat(3)),
  "deep JSON": () => bytesOf("[".repeat(200_000)),
  "deep sound JSON": () => bytesOf("[".repeat(20_000) + "]".repeat(20_000)),
  "deep tensor header": () => safetensors(`{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}`),
  "a tensor called __proto__": () =>
    safetensors(
      '{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      new Uint8Array(4),
    ),
  "a dtype called constructor": () =>
    safetensors('{"a":{"dtype":"constructor","shape":[1],"data_offsets":[0,4]}}'),
  "a huge tensor": () =>
    safetensors('{"a":{"dtype":"F32","shape":[9007199254740991],"data_offsets":[0,4]}}'),
  "a huge header": () => joined(new Uint8Array(8).fill(255), noise(50)),
  "gzip of noise": () => gzipSync(noise(3000)),
  "gzip of zeros": () => gzipSync(new Uint8Array(1 << 20)),
  "a gzip start": () => joined(Uint8Array.of(0x1f, 0x8b), noise(100)),
  "a zip start": () => joined(Uint8Array.of(0x50, 0x4b, 3, 4), noise(100)),
};

/** A reader of one file, and where that file lies in a sound folder. */
interface Reader {
  /** A sound folder, and the file in it that is damaged. */
  readonly sound: string;
  readonly file: string;
  /** Read with its neighbours. */
  readonly together?: true;
  readonly read: (path: string, folder: string) => unknown;
}

async function drain(items: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
  for await (const _ of items);
}

const text = (path: string) => [...readFileLines(path)];
const sink = { symbol: () => {}, endLine: () => {} };
const listops = { sound: `${FIXTURES}/listops/listops-1000`, file: "basic_val.tsv" };
const golden = { sound: dirname(SAFE), file: basename(SAFE) };
const reviews = { sound: `${FIXTURES}/text/aclImdb`, file: "train/neg/10_4.txt" };
const png = { sound: `${FIXTURES}/image/png/train`, file: "bird/0000.png" };
const normalization = { mean: 0, std: 1 };

const readers: Readonly<Record<string, Reader>> = {
  "ListOps": { ...listops, read: (path) => drain(readListOpsTsv(path, { checkValues: true })) },
  "AAN": {
    sound: `${FIXTURES}/retrieval/tsv_data`,
    file: "new_aan_pairs.eval.tsv",
    read: (path) => drain(readPairs(path)),
  },
  "IMDb": {
    ...reviews,
    together: true,
    async read(_path, folder) {
      for (const review of await listReviews(folder, "train")) readReview(folder, review);
    },
  },
  "CIFAR-10": {
    sound: `${FIXTURES}/image/binary/cifar-10-batches-bin`,
    file: "test_batch.bin",
    together: true,
    read: (_path, folder) => openCifar(folder).picture("test", 0),
  },
  "PNG": { ...png, read: (path) => readGrayImage(path, 32) },
  "JPEG": {
    sound: `${FIXTURES}/image/jpeg/train`,
    file: "bird/0000.jpg",
    read: (path) => readGrayImage(path, 32),
  },
  "Pathfinder": {
    sound: `${FIXTURES}/pathfinder/pathfinder32`,
    file: "curv_contour_length_14/metadata/2.npy",
    together: true,
    read: (_path, folder) => readPathfinderRecords(folder),
  },
  "WikiText": {
    ...reviews,
    read: async (path) => await scanText(await fileSource(path), "word", sink),
  },
  "enwik8": {
    ...reviews,
    async read(path, folder) {
      await Deno.rename(path, join(folder, "enwik8"));
      await publishedRecipe(ENWIK8, { folder, dataDir: folder, cacheDir: folder });
    },
  },
  "Multi30k": {
    ...reviews,
    async read(path, folder) {
      for (const name of ["train", "val", "test_2016_flickr"]) {
        for (const language of ["en", "de"]) {
          await Deno.copyFile(path, join(folder, `${name}.${language}.gz`));
        }
      }
      await verifyMulti30k(folder, () => {});
    },
  },
  "SGM": { ...reviews, read: (path) => readSgm(path) },
  "BPE codes": { ...listops, read: (path) => BpeCodes.parse(text(path), path) },
  "a dictionary": { ...listops, read: (path) => Dictionary.parse(text(path), path) },
  "a golden file": { ...golden, read: (path) => new Golden(Deno.readFileSync(path), path) },
  "a golden text": {
    sound: `${FIXTURES}/goldens_text`,
    file: "dict_string.json",
    read: (path) => verifyTextFile(path),
  },
  "a checkpoint": {
    sound: `${FIXTURES}/checkpoints`,
    file: "checkpoint-2.safetensors",
    read: (path) => loadCheckpoint(path, "another"),
  },
  "a model": { ...golden, read: (path) => loadModel(path) },
  "packed tokens": { ...golden, read: (path) => loadPackedSplits(path, undefined) },
  "packed values": {
    ...golden,
    read: (path) => loadValueCache(path, { key: undefined, normalization }),
  },
  "an archive": {
    ...golden,
    read: (path, folder) => extractArchive({ archive: path, target: join(folder, "unpacked") }),
  },
};

/** Reads every damaged form: how many are refused in one line, and every other failure. */
async function readAll({ sound, file, together, read }: Reader) {
  let refused = 0;
  const failures: string[] = [];
  const whole = await Deno.readFile(join(sound, file));
  for (const [what, damage] of Object.entries(damages)) {
    await withFolder(async (folder) => {
      if (together) await copyFolder(sound, folder);
      await Deno.mkdir(dirname(join(folder, file)), { recursive: true });
      await Deno.writeFile(join(folder, file), damage(whole));
      try {
        await read(join(folder, file), folder);
      } catch (error) {
        const line = error instanceof UserError && !error.message.includes("\n");
        if (line) refused++;
        else failures.push(`${what}: ${error}`);
      }
    });
  }
  return { refused, failures };
}

for (const [name, reader] of Object.entries(readers)) {
  Deno.test(`${name}: whatever a file holds, an error is one line for the user`, async () => {
    const { refused, failures } = await readAll(reader);
    assert.deepEqual(failures, []);
    assert.ok(refused > 0, "it reads the file");
  });
}
