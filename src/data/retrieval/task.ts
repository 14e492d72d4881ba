import { join } from "node:path";
import { sha256Hex } from "../../util/sha256.ts";
import { BYTE_VOCABULARY, encodeBytes } from "../byte_vocabulary.ts";
import type { Print } from "../data_entry.ts";
import type { SplitName, TokenTaskData } from "../dataset.ts";
import type { LraTask } from "../lra_tasks.ts";
import { loadOrMake } from "../load_or_make.ts";
import { findFolder, fingerprint } from "../official_folder.ts";
import {
  loadPackedSplits,
  type PackedSplits,
  savePackedSplits,
  withHashes,
} from "../packed_cache.ts";
import { DocumentPacker, PackedTokenSplit } from "../packed_split.ts";
import type { RetrievalProfile } from "./profiles.ts";
import { makeLexicon, SYNTHETIC_VERSION, syntheticPair } from "./synthetic.ts";
import { AAN_FILES, type DocumentPair, readPairs } from "./tsv.ts";

/** How to load the retrieval task. */
export interface RetrievalOptions {
  readonly profile: RetrievalProfile;
  /** Seed of the stand-in. */
  readonly seed: number | bigint;
  readonly cacheDir: string;
  /** Folder that may hold the official files. */
  readonly dataDir?: string | undefined;
  readonly print?: Print | undefined;
}

const FOLDERS = [".", "tsv_data", "lra_release/tsv_data", "lra_release/lra_release/tsv_data"];

/** Where the pairs of each split begin in the endless sequence of the stand-in. */
const FIRST_PAIR: Readonly<Record<SplitName, number>> = {
  test: 0,
  valid: 10_000_000,
  train: 20_000_000,
};

/** The folder of the AAN files at or below `dataDir`, or undefined; UserError without `dataDir`. */
export async function findAan(dataDir: string): Promise<string | undefined> {
  return await findFolder(dataDir, FOLDERS, Object.values(AAN_FILES));
}

/** The stand-in pairs of a split; those of fewer are the first of more. */
export function* syntheticPairs(
  { profile, seed }: Pick<RetrievalOptions, "profile" | "seed">,
  name: SplitName,
): Generator<DocumentPair> {
  const lexicon = makeLexicon(profile.synthetic, seed);
  for (let i = 0; i < profile.counts[name]; i++) {
    yield syntheticPair(profile.synthetic, lexicon, seed, FIRST_PAIR[name] + i);
  }
}

/** The cache file of a profile's pairs: official ones, or those of the stand-in of a seed. */
export function retrievalCachePath(
  { profile, cacheDir, seed }: Pick<RetrievalOptions, "profile" | "cacheDir"> & {
    readonly seed: number | bigint | "official";
  },
): string {
  const name = sha256Hex(JSON.stringify({ profile, seed: String(seed) })).slice(0, 16);
  return join(cacheDir, "retrieval", `${name}.safetensors`);
}

/** What the cached stand-in pairs are a function of. */
export function syntheticKey(
  { profile, seed }: Pick<RetrievalOptions, "profile" | "seed">,
): string {
  return `retrieval synthetic ${SYNTHETIC_VERSION} ${
    JSON.stringify({ ...profile, seed: String(seed) })
  }`;
}

async function pack(
  pairs: Iterable<DocumentPair> | AsyncIterable<DocumentPair>,
  maxPositions: number,
  limit: number,
): Promise<PackedTokenSplit> {
  const first = new DocumentPacker(BYTE_VOCABULARY.size);
  const second = new DocumentPacker(BYTE_VOCABULARY.size);
  const labels: number[] = [];
  for await (const { label, texts } of pairs) {
    first.add(encodeBytes(texts[0], maxPositions));
    second.add(encodeBytes(texts[1], maxPositions));
    labels.push(label);
    if (labels.length >= limit) break;
  }
  return new PackedTokenSplit(first.finish(), Int32Array.from(labels), second.finish());
}

async function packAll(
  pairs: (name: SplitName) => Iterable<DocumentPair> | AsyncIterable<DocumentPair>,
  { maxPositions, counts }: RetrievalProfile,
): Promise<PackedSplits> {
  const packed = (name: SplitName) => pack(pairs(name), maxPositions, counts[name]);
  return withHashes({
    train: await packed("train"),
    valid: await packed("valid"),
    test: await packed("test"),
  });
}

/**
 * Long Range Arena Retrieval: are two documents, read byte by byte, linked (1) or not (0)? From the
 * official AAN files where `dataDir` has them; else a stand-in of nonsense documents with a version
 * and a source of its own.
 *
 * @throws UserError for missing folders and malformed or short files.
 */
export async function loadRetrieval(options: RetrievalOptions): Promise<TokenTaskData> {
  const { profile, seed, cacheDir, dataDir, print } = options;
  const { maxPositions, counts, synthetic } = profile;
  const folder = dataDir === undefined ? undefined : await findAan(dataDir);
  if (dataDir !== undefined && folder === undefined) {
    print?.(
      `retrieval: no ${AAN_FILES.train} below ${dataDir}; making synthetic pairs instead`,
    );
  }
  const key = folder === undefined
    ? syntheticKey(options)
    : `retrieval files 1 ${
      JSON.stringify({ maxPositions, counts, files: fingerprint(folder, Object.values(AAN_FILES)) })
    }`;
  const path = retrievalCachePath({
    profile,
    cacheDir,
    seed: folder === undefined ? seed : "official",
  });
  const make = async () => {
    const start = performance.now();
    const made = folder === undefined
      ? await packAll((name) => syntheticPairs(options, name), profile)
      : await packAll((name) => readPairs(join(folder, AAN_FILES[name])), profile);
    await savePackedSplits(path, key, made);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const verb = folder === undefined ? "generated" : "tokenised";
    print?.(
      `retrieval: ${verb} ${counts.train + counts.valid + counts.test} pairs in ${seconds} s`,
    );
    return made;
  };
  const { splits, hash } = await loadOrMake(() => loadPackedSplits(path, key), make, print);
  const common = {
    kind: "classification",
    id: "retrieval" satisfies LraTask,
    inputKind: "tokens",
    pair: true,
    vocabulary: BYTE_VOCABULARY,
    classes: 2,
    maxLength: maxPositions,
    splits,
    hash,
  } as const;
  return folder === undefined
    ? {
      ...common,
      version: `synthetic-${SYNTHETIC_VERSION}`,
      source: `generated stand-in for AAN (pairs of nonsense documents on equal or different ` +
        `topics), version ${SYNTHETIC_VERSION}, seed ${seed}, ${JSON.stringify(synthetic)}`,
    }
    : {
      ...common,
      version: 1,
      source: `official AAN pairs of lra_release, first ${maxPositions} bytes`,
    };
}
