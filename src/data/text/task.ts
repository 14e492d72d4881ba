import { join } from "node:path";
import { sha256Hex } from "../../util/sha256.ts";
import { BYTE_VOCABULARY, encodeBytes } from "../byte_vocabulary.ts";
import { type CachedTokens, cachedTokens } from "../cached_tokens.ts";
import type { Print } from "../data_entry.ts";
import { DataRoot } from "../data_root.ts";
import { departure, type FolderOrigin, originOfFolder } from "../data_origin.ts";
import { SPLIT_NAMES, type SplitName, type TokenTaskData } from "../dataset.ts";
import type { LraTask } from "../lra_tasks.ts";
import { missingData } from "../official_folder.ts";
import { perSplit, withHashes } from "../packed_cache.ts";
import { DocumentPacker, PackedTokenSplit } from "../packed_split.ts";
import { SourceFiles } from "../source_files.ts";
import { randomSplit, torchPermutation } from "../split_permutation.ts";
import { findImdb, LARGEST_REVIEW, listReviews, readReview, type ReviewFile } from "./imdb.ts";
import type { TextProfile } from "./profiles.ts";

/** How to load the text task. */
export interface TextOptions {
  readonly profile: TextProfile;
  readonly cacheDir: string;
  /** Folder of the official files; the task has no generator. */
  readonly dataDir?: string | undefined;
  readonly print?: Print | undefined;
}

/** Share of the training reviews that a `held-out` profile validates on. */
const HELD_OUT = 0.1;

/** Reviews of each part, half of them positive (https://ai.stanford.edu/~amaas/data/sentiment). */
const PUBLISHED = 25_000;

/** Where the tokenised reviews of a profile are kept. */
export function textCachePath(profile: TextProfile, cacheDir: string): string {
  return join(cacheDir, "text", `${sha256Hex(JSON.stringify(profile)).slice(0, 16)}.safetensors`);
}

/** Which reviews make up each split. */
function splitReviews(
  { counts, validation }: TextProfile,
  train: readonly ReviewFile[],
  test: readonly ReviewFile[],
): Record<SplitName, ReviewFile[]> {
  const take = (all: readonly ReviewFile[], order: Uint32Array, count: number) =>
    Array.from(order.subarray(0, count), (index) => all[index]);
  const testing = take(test, torchPermutation(test.length, 42), counts.test);
  if (validation === "lra") {
    return {
      train: take(train, torchPermutation(train.length, 42), counts.train),
      valid: take(test, torchPermutation(test.length, 42), counts.valid),
      test: testing,
    };
  }
  const held = Math.floor(train.length * HELD_OUT);
  const [training, validating] = randomSplit(train.length, [train.length - held, held]);
  return {
    train: take(train, training, counts.train),
    valid: take(train, validating, counts.valid),
    test: testing,
  };
}

/** How many reviews of which sentiment a part lacks, in words. */
function missingReviews(
  train: readonly ReviewFile[],
  test: readonly ReviewFile[],
): string | undefined {
  return departure(
    Object.entries({ training: train, test }).flatMap(([part, reviews]) =>
      ["negative", "positive"].map((sentiment, label) => ({
        what: `${sentiment} ${part} reviews`,
        published: PUBLISHED / 2,
        found: reviews.filter((review) => review.label === label).length,
      }))
    ),
  );
}

/**
 * The tokenised reviews of a profile as the cache has them, and where they come from.
 *
 * @param options.fresh Read all files instead of believing what is known of them.
 * @throws UserError for missing and malformed files.
 */
export async function textCache(
  folder: string,
  options: TextOptions & { readonly dataDir: string; readonly fresh?: boolean },
): Promise<CachedTokens & FolderOrigin> {
  const { profile, cacheDir, dataDir, print, fresh } = options;
  const [train, test] = [await listReviews(folder, "train"), await listReviews(folder, "test")];
  const origin = originOfFolder({ id: "text", folder, print }, missingReviews(train, test));
  const reviews = splitReviews(profile, train, test);
  const { maxPositions, validation } = profile;
  const counts = perSplit((name) => reviews[name].length);
  const names = [...new Set(SPLIT_NAMES.flatMap((name) => reviews[name].map(({ file }) => file)))];
  const source = await SourceFiles.measure(
    { root: new DataRoot(dataDir), folder, names, atMost: LARGEST_REVIEW },
    { cacheDir, print, fresh },
  );
  const pack = (name: SplitName) => {
    const packer = new DocumentPacker(BYTE_VOCABULARY.size);
    for (const review of reviews[name]) {
      packer.add(encodeBytes(readReview(folder, review), maxPositions));
    }
    const labels = Int32Array.from(reviews[name], ({ label }) => label);
    return new PackedTokenSplit(packer.finish(), labels);
  };
  return {
    ...origin,
    id: "text" satisfies LraTask,
    path: textCachePath(profile, cacheDir),
    key: `text 2 ${JSON.stringify({ maxPositions, validation, counts, files: source.sha256 })}`,
    make: () => Promise.try(() => withHashes(perSplit(pack))),
    made: `tokenised ${counts.train + counts.valid + counts.test} reviews`,
    source,
    print,
  };
}

/**
 * Long Range Arena Text: is a film review, read byte by byte, positive (1) or negative (0)? Splits
 * are drawn by torch's permutation with seed 42; how validation is chosen depends on the profile.
 *
 * @throws UserError when there are no files, or malformed ones.
 */
export async function loadText(options: TextOptions): Promise<TokenTaskData> {
  const { profile, dataDir } = options;
  const folder = dataDir === undefined ? undefined : await findImdb(dataDir);
  if (dataDir === undefined || folder === undefined) {
    throw missingData("text", "aclImdb", dataDir);
  }
  const cached = await textCache(folder, { ...options, dataDir });
  const { splits, hash } = await cachedTokens(cached);
  const { maxPositions, validation } = profile;
  const heldOut = validation === "lra"
    ? "validation is the test split, as in LRA"
    : "validation is held out of the training reviews (10 %)";
  const { origin, why } = cached;
  const files = why === undefined ? "official aclImdb" : `files in the form of aclImdb (${why})`;
  return {
    kind: "classification",
    id: "text" satisfies LraTask,
    version: 1,
    inputKind: "tokens",
    pair: false,
    vocabulary: BYTE_VOCABULARY,
    classes: 2,
    maxLength: maxPositions,
    splits,
    hash,
    origin,
    source: `${files}, first ${maxPositions} bytes, ${heldOut}`,
  };
}
