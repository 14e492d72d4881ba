import { UserError } from "../errors.ts";
import type { Print } from "./data_entry.ts";
import { SPLIT_NAMES } from "./dataset.ts";
import { loadOrMake } from "./load_or_make.ts";
import { exists } from "./official_folder.ts";
import { loadPackedSplits, type PackedSplits, savePackedSplits } from "./packed_cache.ts";
import type { SourceFiles } from "./source_files.ts";

/** A cached set of token sequences: where it is, what it must be, and how it is made. */
export interface CachedTokens {
  readonly id: string;
  readonly path: string;
  /** What the content is a function of. */
  readonly key: string;
  /** The splits, called when they are not in the cache. */
  readonly make: () => Promise<PackedSplits>;
  /** What making them is, such as `tokenised 5 reviews`. */
  readonly made: string;
  /** The files that they are made from; undefined for generated ones. */
  readonly source: SourceFiles | undefined;
  readonly print?: Print | undefined;
}

/**
 * The splits from the cache, made first where they are missing, damaged or others.
 *
 * @throws {UserError} also when the files change while they are read.
 */
export async function cachedTokens(cached: CachedTokens): Promise<PackedSplits> {
  const { id, path, key, make, made, source, print } = cached;
  return await loadOrMake({
    path,
    print,
    load: () => loadPackedSplits(path, key),
    async make() {
      const start = performance.now();
      const splits = await make();
      source?.checkUnchanged();
      await savePackedSplits(path, key, splits);
      print?.(`${id}: ${made} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
      return splits;
    },
  });
}

/**
 * Reads cached splits in full and makes them once more from the files that they should be of.
 *
 * @param current What the files give now; undefined when they are not there.
 * @returns False when there is no such cache.
 * @throws {UserError} when it is damaged, or is not what the files give.
 */
export async function verifyTokens(
  path: string,
  current: () => Promise<CachedTokens | undefined>,
): Promise<boolean> {
  if (!await exists(path)) return false;
  const expected = await current();
  const found = await loadPackedSplits(path, expected?.key);
  if (found === undefined || expected === undefined) return found !== undefined;
  const { hash } = await expected.make();
  if (SPLIT_NAMES.some((name) => hash[name] !== found.hash[name])) {
    throw new UserError(`${path}: is not what the files give: remove it`);
  }
  return true;
}
