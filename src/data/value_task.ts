import { UserError } from "../errors.ts";
import { type Print } from "./data_entry.ts";
import { SPLIT_NAMES, SplitHasher, type SplitName, type ValueTaskData } from "./dataset.ts";
import { loadOrMake } from "./load_or_make.ts";
import { exists } from "./official_folder.ts";
import { pixelTable, valueExample } from "./packed_values.ts";
import type { SourceFiles } from "./source_files.ts";
import {
  loadValueCache,
  type Normalization,
  type PixelExample,
  type ValueCacheShape,
  type ValueSplits,
  writeValueCache,
} from "./value_cache.ts";

/** A cached set of images: where it is, what it must be, and how it is made. */
export interface CachedValues {
  readonly id: string;
  readonly path: string;
  readonly shape: ValueCacheShape;
  /** The examples, called when they are not in the cache. */
  readonly examples: () => Readonly<Record<SplitName, Iterable<PixelExample>>>;
  /** What making them is, such as `generated`. */
  readonly made: string;
  /** The files that they are made from; undefined for generated ones. */
  readonly source: SourceFiles | undefined;
  readonly print?: Print | undefined;
}

/** Bytes of images from which on the user is told beforehand that it takes a while. */
const LONG_WORK = 2 ** 26;

/**
 * The images from the cache, made first where they are missing, damaged or others.
 *
 * @throws {UserError} also when the files change while they are read.
 */
export async function cachedValues(options: CachedValues): Promise<ValueSplits> {
  const { id, path, shape, examples, made, source, print } = options;
  const load = () => loadValueCache(path, shape);
  const make = async () => {
    const start = performance.now();
    const { train, valid, test } = shape.counts;
    const images = train + valid + test;
    if (images * shape.pixels > LONG_WORK) {
      print?.(`${id}: preparing ${images} images once, which takes minutes: ${path}`);
    }
    await writeValueCache(path, shape, examples(), () => source?.checkUnchanged());
    const values = await load();
    if (values === undefined) throw new Error(`${path} vanished`);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    print?.(`${id}: ${made} ${images} images in ${seconds} s`);
    return values;
  };
  return await loadOrMake({ path, print, load, make });
}

/**
 * Reads cached images in full and makes them once more from the files that they should be of.
 *
 * @param current What the files give now; undefined when they are not there.
 * @returns False when there is no such cache.
 * @throws {UserError} when it is damaged, or is not what the files give.
 */
export async function verifyValues(
  path: string,
  normalization: Normalization,
  current: () => Promise<CachedValues | undefined>,
): Promise<boolean> {
  if (!await exists(path)) return false;
  const expected = await current();
  const query = { key: expected?.shape.key, normalization, full: true };
  const found = await loadValueCache(path, query);
  if (found === undefined || expected === undefined) return found !== undefined;
  const made = expected.examples();
  const table = pixelTable(normalization.mean, normalization.std);
  for (const name of SPLIT_NAMES) {
    const hasher = new SplitHasher("values", expected.shape.counts[name]);
    for (const { pixels, label } of made[name]) hasher.add(valueExample(pixels, label, table));
    if (hasher.digest() !== found.hash[name]) {
      throw new UserError(`${path}: is not what the files give: remove it`);
    }
  }
  return true;
}

/** The task of a set of images. */
export function valueTask(
  task: Pick<ValueTaskData, "id" | "version" | "classes" | "maxLength" | "origin" | "source">,
  { splits, hash }: ValueSplits,
): ValueTaskData {
  return {
    kind: "classification",
    inputKind: "values",
    pair: false,
    vocabulary: undefined,
    ...task,
    splits,
    hash,
  };
}
