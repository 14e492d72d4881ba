import { type Print } from "./data_entry.ts";
import type { SplitName, ValueTaskData } from "./dataset.ts";
import { loadOrMake } from "./load_or_make.ts";
import {
  loadValueCache,
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
  readonly print?: Print | undefined;
}

/** Bytes of images from which on the user is told beforehand that it takes a while. */
const LONG_WORK = 2 ** 26;

/** The images from the cache, made first where they are missing, damaged or others. Throws UserError. */
export async function cachedValues(options: CachedValues): Promise<ValueSplits> {
  const { id, path, shape, examples, made, print } = options;
  const load = () => loadValueCache(path, shape);
  const make = async () => {
    const start = performance.now();
    const { train, valid, test } = shape.counts;
    const images = train + valid + test;
    if (images * shape.pixels > LONG_WORK) {
      print?.(`${id}: preparing ${images} images once, which takes minutes: ${path}`);
    }
    await writeValueCache(path, shape, examples());
    const values = await load();
    if (values === undefined) throw new Error(`${path} vanished`);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    print?.(`${id}: ${made} ${images} images in ${seconds} s`);
    return values;
  };
  return await loadOrMake(load, make, print);
}

/** The task of a set of images. */
export function valueTask(
  task: Pick<ValueTaskData, "id" | "version" | "classes" | "source"> & { maxLength: number },
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
