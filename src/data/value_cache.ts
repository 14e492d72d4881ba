import { z } from "zod";
import { UserError } from "../errors.ts";
import { AtomicFile } from "../util/atomic_write.ts";
import { ifPresent, readError } from "../util/read_error.ts";
import { openRegular } from "../util/read_regular.ts";
import { Sha256, sha256Hex } from "../util/sha256.ts";
import { SPLIT_NAMES, SplitHasher, type SplitName } from "./dataset.ts";
import { OTHER_SOURCE, perSplit } from "./packed_cache.ts";
import {
  FilePixels,
  MemoryPixels,
  PackedValueSplit,
  pixelTable,
  valueExample,
} from "./packed_values.ts";

/** The three splits of a value task with their content hashes. */
export interface ValueSplits {
  readonly splits: Readonly<Record<SplitName, PackedValueSplit>>;
  readonly hash: Readonly<Record<SplitName, string>>;
}

/** An image as it is stored. */
export interface PixelExample {
  /** [L] one byte per value, row-major. */
  readonly pixels: Uint8Array;
  /** Class index, 0 to classes - 1. */
  readonly label: number;
}

/** How bytes become values: (x / 255 - mean) / std. */
export interface Normalization {
  readonly mean: number;
  readonly std: number;
}

/** Where the tensors of a cache file are. */
interface Layout {
  /** What the content is a function of. */
  readonly key: string;
  /** Values per example, L. */
  readonly pixels: number;
  /** Examples of each split. */
  readonly counts: Readonly<Record<SplitName, number>>;
  /** How labels are stored. */
  readonly labels: LabelType;
}

/** What a cache file of values holds. */
export interface ValueCacheShape extends Omit<Layout, "labels"> {
  /** Number of classes. Up to 256 of them a label takes one byte, beyond that four. */
  readonly classes: number;
  readonly normalization: Normalization;
}

const LABEL_BYTES = { U8: 1, I32: 4 } as const;
type LabelType = keyof typeof LABEL_BYTES;

function labelType(classes: number): LabelType {
  return classes <= 256 ? "U8" : "I32";
}

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const perSplitHex = z.strictObject(perSplit(() => hex));
const sealSchema = z.strictObject({ content: perSplitHex, stored: perSplitHex, check: hex });
type Seal = Omit<z.infer<typeof sealSchema>, "check">;

const size = z.int().nonnegative();
const tensorSchema = z.looseObject({ shape: z.array(size), data_offsets: z.tuple([size, size]) });
const labelsSchema = z.looseObject({ dtype: z.enum(["U8", "I32"]) });
const headerSchema = z.looseObject({ __metadata__: z.strictObject({ key: z.string() }) });

/** Larger files stay on disk and are read example by example. */
const MEMORY_LIMIT = 512 * 2 ** 20;
const BLOCK = 1 << 20;
const LARGEST = 64 * 2 ** 30;

function sealText(header: string, { content, stored }: Seal): string {
  const check = sha256Hex(header + JSON.stringify({ content, stored }));
  return JSON.stringify({ content, stored, check });
}

/** The length of `sealText`, the same for all content. */
const SEAL_LENGTH = sealText("", {
  content: perSplit(() => "0".repeat(64)),
  stored: perSplit(() => "0".repeat(64)),
}).length;

/** The JSON header of a cache file, tensors in the order in which they are written. */
function headerText({ key, pixels, counts, labels }: Layout): string {
  const entries: [string, unknown][] = [["__metadata__", { key }]];
  let at = 0;
  const add = (name: string, shape: number[], dtype: LabelType = "U8") => {
    const bytes = shape.reduce((product, n) => product * n, LABEL_BYTES[dtype]);
    entries.push([name, { dtype, shape, data_offsets: [at, at += bytes] }]);
  };
  for (const name of SPLIT_NAMES) add(`${name}.pixels`, [counts[name], pixels]);
  for (const name of SPLIT_NAMES) add(`${name}.labels`, [counts[name]], labels);
  add("seal", [SEAL_LENGTH]);
  const text = JSON.stringify(Object.fromEntries(entries));
  return text + " ".repeat((8 - new TextEncoder().encode(text).length % 8) % 8);
}

/**
 * Streams examples into one safetensors file: pixels [n, L] (U8) and labels [n] (U8, or I32 for
 * more than 256 classes) of each split, and last a seal, JSON with two sha256 per split: of the
 * content as `splitHash` defines it and of the stored bytes (pixels, then labels). Only one block
 * is in memory at a time. The file appears when it is complete. Throws UserError (disk full) and
 * RangeError for examples that do not fit and labels that are not classes.
 *
 * @param examples The examples of each split, `shape.counts` of them.
 * @param accept Called before the file appears; throws to leave everything as it was.
 */
export async function writeValueCache(
  path: string,
  shape: ValueCacheShape,
  examples: Readonly<Record<SplitName, Iterable<PixelExample> | AsyncIterable<PixelExample>>>,
  accept: () => void = () => {},
): Promise<void> {
  const { pixels, counts, classes, normalization } = shape;
  const type = labelType(classes);
  const table = pixelTable(normalization.mean, normalization.std);
  const encoder = new TextEncoder();
  const text = headerText({ ...shape, labels: type });
  const header = encoder.encode(text);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  await using file = await AtomicFile.create(path);
  await file.write(length);
  await file.write(header);
  const labels = perSplit((name) =>
    type === "U8" ? new Uint8Array(counts[name]) : new Int32Array(counts[name])
  );
  const content = perSplit(() => "");
  const stored = perSplit(() => "");
  const rows = Math.max(1, Math.floor(BLOCK / pixels));
  const block = new Uint8Array(rows * pixels);
  for (const name of SPLIT_NAMES) {
    const hasher = new SplitHasher("values", counts[name]);
    const bytes = new Sha256();
    let count = 0;
    const flush = async (filled: number) => {
      bytes.update(block.subarray(0, filled * pixels));
      await file.write(block.subarray(0, filled * pixels));
    };
    for await (const example of examples[name]) {
      if (example.pixels.length !== pixels || count === counts[name]) {
        throw new RangeError(`${name}: example ${count} does not fit the file`);
      }
      const { label } = example;
      if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
        throw new RangeError(
          `${name}: label ${label} of example ${count} is no class of ${classes}`,
        );
      }
      block.set(example.pixels, (count % rows) * pixels);
      labels[name][count++] = label;
      hasher.add(valueExample(example.pixels, label, table));
      if (count % rows === 0) await flush(rows);
    }
    if (count !== counts[name]) throw new RangeError(`${name}: only ${count} examples came`);
    await flush(count % rows);
    content[name] = hasher.digest();
    stored[name] = bytes.update(new Uint8Array(labels[name].buffer)).digest();
  }
  for (const name of SPLIT_NAMES) await file.write(new Uint8Array(labels[name].buffer));
  await file.write(encoder.encode(sealText(text, { content, stored })));
  accept();
  await file.commit();
}

/** What is expected of a cache file. */
export interface ValueCacheQuery {
  /** The expected key; undefined accepts any. */
  readonly key: string | undefined;
  readonly normalization: Normalization;
  /** Also check the bytes of a file that is too large for memory (default false). */
  readonly full?: boolean;
  /** Files above this many bytes stay on disk (default 512 MiB). */
  readonly memoryLimit?: number;
}

/**
 * Opens what `writeValueCache` wrote. Small files are read and checked in full; large ones stay on
 * disk, with random access, and their pixels are only checked when `full`. Undefined when there is
 * no such file.
 *
 * @throws UserError when the file is damaged, cut, or holds something else.
 */
export async function loadValueCache(
  path: string,
  query: ValueCacheQuery,
): Promise<ValueSplits | undefined> {
  const file = await ifPresent(path, openRegular(path, LARGEST));
  if (file === undefined) return undefined;
  try {
    return await readCache(file, path, query);
  } catch (error) {
    throw readError(error, path);
  } finally {
    file.close();
  }
}

async function readCache(
  file: Deno.FsFile,
  path: string,
  { key, normalization, full = false, memoryLimit = MEMORY_LIMIT }: ValueCacheQuery,
): Promise<ValueSplits> {
  const damaged = () => new UserError(`${path}: damaged cache file`);
  const read = async (start: number, length: number) => {
    const into = new Uint8Array(length);
    await file.seek(start, Deno.SeekMode.Start);
    for (let done = 0; done < length;) {
      const n = await file.read(into.subarray(done));
      if (n === null) throw damaged();
      done += n;
    }
    return into;
  };
  const { size: total } = await file.stat();
  const prefix = await read(0, 8);
  const headerLength = Number(new DataView(prefix.buffer).getBigUint64(0, true));
  if (headerLength > Math.min(total, BLOCK)) throw damaged();
  const text = decode(await read(8, headerLength));
  const shape = parseHeader(text);
  if (shape === undefined || headerText(shape) !== text) throw damaged();
  if (key !== undefined && shape.key !== key) {
    throw new UserError(`${path}: ${OTHER_SOURCE}`);
  }
  const { pixels, counts } = shape;
  const width = LABEL_BYTES[shape.labels];
  const examples = counts.train + counts.valid + counts.test;
  const body = 8 + headerLength;
  if (total !== body + examples * (pixels + width) + SEAL_LENGTH) throw damaged();
  const seal = parseSeal(decode(await read(total - SEAL_LENGTH, SEAL_LENGTH)), text);
  if (seal === undefined) throw damaged();
  const table = pixelTable(normalization.mean, normalization.std);

  const readSplit = async (name: SplitName, before: number): Promise<PackedValueSplit> => {
    const start = body + before * pixels;
    const bytes = counts[name] * pixels;
    const labels = await read(body + examples * pixels + before * width, counts[name] * width);
    const memory = total <= memoryLimit ? await read(start, bytes) : undefined;
    if (memory !== undefined || full) {
      const hash = new Sha256();
      if (memory !== undefined) hash.update(memory);
      else {
        for (let at = 0; at < bytes; at += BLOCK) {
          hash.update(await read(start + at, Math.min(BLOCK, bytes - at)));
        }
      }
      if (hash.update(labels).digest() !== seal.stored[name]) {
        throw new UserError(`${path}: the ${name} split does not match its checksum`);
      }
    }
    const store = memory === undefined
      ? new FilePixels(path, start, pixels)
      : new MemoryPixels(memory, pixels);
    const classes = shape.labels === "U8" ? labels : new Int32Array(labels.buffer);
    return new PackedValueSplit(store, classes, table);
  };
  const train = await readSplit("train", 0);
  const valid = await readSplit("valid", counts.train);
  const test = await readSplit("test", counts.train + counts.valid);
  return { splits: { train, valid, test }, hash: seal.content };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseHeader(text: string): Layout | undefined {
  const header = headerSchema.safeParse(parseJson(text));
  if (!header.success) return undefined;
  const shapes = SPLIT_NAMES.map((name) => tensorSchema.safeParse(header.data[`${name}.pixels`]));
  const [train, valid, test] = shapes.map((tensor) => tensor.data?.shape[0] ?? 0);
  const pixels = shapes[0].data?.shape[1] ?? 0;
  const labels = labelsSchema.safeParse(header.data["train.labels"]);
  if (!labels.success) return undefined;
  const { key } = header.data.__metadata__;
  return { key, pixels, counts: { train, valid, test }, labels: labels.data.dtype };
}

function parseSeal(text: string, header: string): Seal | undefined {
  const seal = sealSchema.safeParse(parseJson(text));
  return seal.success && sealText(header, seal.data) === text ? seal.data : undefined;
}
