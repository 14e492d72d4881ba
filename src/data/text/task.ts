import { join } from "node:path";
import { sha256Hex } from "../../util/sha256.ts";
import { BYTE_VOCABULARY, encodeBytes } from "../byte_vocabulary.ts";
import type { Print } from "../data_entry.ts";
import type { SplitName, TokenTaskData } from "../dataset.ts";
import type { LraTask } from "../lra_tasks.ts";
import { loadOrMake } from "../load_or_make.ts";
import { fingerprint, missingData } from "../official_folder.ts";
import { loadPackedSplits, perSplit, savePackedSplits, withHashes } from "../packed_cache.ts";
import { DocumentPacker, PackedTokenSplit } from "../packed_split.ts";
import { randomSplit, torchPermutation } from "../split_permutation.ts";
import { findImdb, listReviews, readReview, type ReviewFile } from "./imdb.ts";
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

/**
 * Long Range Arena Text: is a film review, read byte by byte, positive (1) or negative (0)? Splits
 * are drawn by torch's permutation with seed 42; how validation is chosen depends on the profile.
 *
 * @throws UserError when there are no files, or malformed ones.
 */
export async function loadText(options: TextOptions): Promise<TokenTaskData> {
  const { profile, cacheDir, dataDir, print } = options;
  const folder = dataDir === undefined ? undefined : await findImdb(dataDir);
  if (folder === undefined) throw missingData("text", "aclImdb", dataDir);
  const reviews = splitReviews(
    profile,
    await listReviews(folder, "train"),
    await listReviews(folder, "test"),
  );
  const { maxPositions, validation } = profile;
  const counts = perSplit((name) => reviews[name].length);
  const files = perSplit((name) => fingerprint(folder, reviews[name].map(({ file }) => file)));
  const key = `text 1 ${JSON.stringify({ maxPositions, validation, counts, files })}`;
  const path = textCachePath(profile, cacheDir);
  const pack = (name: SplitName) => {
    const packer = new DocumentPacker(BYTE_VOCABULARY.size);
    for (const review of reviews[name]) {
      packer.add(encodeBytes(readReview(folder, review), maxPositions));
    }
    const labels = Int32Array.from(reviews[name], ({ label }) => label);
    return new PackedTokenSplit(packer.finish(), labels);
  };
  const { splits, hash } = await loadOrMake(
    () => loadPackedSplits(path, key),
    async () => {
      const start = performance.now();
      const made = withHashes(perSplit(pack));
      await savePackedSplits(path, key, made);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      print?.(
        `text: tokenised ${counts.train + counts.valid + counts.test} reviews in ${seconds} s`,
      );
      return made;
    },
    print,
  );
  const heldOut = validation === "lra"
    ? "validation is the test split, as in LRA"
    : "validation is held out of the training reviews (10 %)";
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
    source: `official aclImdb, first ${maxPositions} bytes, ${heldOut}`,
  };
}
