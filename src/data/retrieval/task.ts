import { join } from "node:path";
import { sha256Hex } from "../../util/sha256.ts";
import { BYTE_VOCABULARY, encodeBytes } from "../byte_vocabulary.ts";
import { type CachedTokens, cachedTokens } from "../cached_tokens.ts";
import type { Print } from "../data_entry.ts";
import { departure, type FolderOrigin, originOfFolder } from "../data_origin.ts";
import { DataRoot } from "../data_root.ts";
import { SPLIT_NAMES, type SplitName, type TokenTaskData } from "../dataset.ts";
import { LARGEST_LINES } from "../lines.ts";
import type { LraTask } from "../lra_tasks.ts";
import { findFolder } from "../official_folder.ts";
import { type PackedSplits, withHashes } from "../packed_cache.ts";
import { DocumentPacker, PackedTokenSplit } from "../packed_split.ts";
import { SourceFiles } from "../source_files.ts";
import { RETRIEVAL_PROFILES, type RetrievalProfile } from "./profiles.ts";
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
function syntheticKey(
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

/** The stand-in of a profile as the cache has it. */
export function syntheticCache(options: Omit<RetrievalOptions, "dataDir">): CachedTokens {
  const { profile, print } = options;
  return {
    id: "retrieval" satisfies LraTask,
    path: retrievalCachePath(options),
    key: syntheticKey(options),
    make: () => packAll((name) => syntheticPairs(options, name), profile),
    made: `generated ${pairsOf(profile)} pairs`,
    source: undefined,
    print,
  };
}

/**
 * The pairs of a profile from the official files as the cache has them, and where they come from.
 *
 * @param options.fresh Read all files instead of believing what is known of them.
 * @throws UserError for missing files.
 */
export async function aanCache(
  folder: string,
  options: Omit<RetrievalOptions, "seed"> & { readonly dataDir: string; readonly fresh?: boolean },
): Promise<CachedTokens & FolderOrigin> {
  const { profile, cacheDir, dataDir, print, fresh } = options;
  const { maxPositions, counts } = profile;
  const source = await SourceFiles.measure(
    {
      root: new DataRoot(dataDir),
      folder,
      names: SPLIT_NAMES.map((name) => AAN_FILES[name]),
      atMost: LARGEST_LINES,
    },
    { cacheDir, print, fresh },
  );
  const published = RETRIEVAL_PROFILES.paper.counts;
  const why = departure(
    SPLIT_NAMES.map((name, i) => ({
      what: `${name} pairs`,
      published: published[name],
      found: source.lines[i],
    })),
  );
  return {
    ...originOfFolder({ id: "retrieval", folder, print }, why),
    id: "retrieval" satisfies LraTask,
    path: retrievalCachePath({ profile, cacheDir, seed: "official" }),
    key: `retrieval files 2 ${JSON.stringify({ maxPositions, counts, files: source.sha256 })}`,
    make: () => packAll((name) => readPairs(join(folder, AAN_FILES[name])), profile),
    made: `tokenised up to ${pairsOf(profile)} pairs`,
    source,
    print,
  };
}

function pairsOf({ counts }: RetrievalProfile): number {
  return counts.train + counts.valid + counts.test;
}

/**
 * Long Range Arena Retrieval: are two documents, read byte by byte, linked (1) or not (0)? From the
 * official AAN files where `dataDir` has them; else a stand-in of nonsense documents with a version
 * and a source of its own.
 *
 * @throws UserError for missing folders and malformed or short files.
 */
export async function loadRetrieval(options: RetrievalOptions): Promise<TokenTaskData> {
  const { profile, seed, dataDir, print } = options;
  const { maxPositions } = profile;
  const task = {
    kind: "classification",
    id: "retrieval" satisfies LraTask,
    inputKind: "tokens",
    pair: true,
    vocabulary: BYTE_VOCABULARY,
    classes: 2,
    maxLength: maxPositions,
  } as const;
  const folder = dataDir === undefined ? undefined : await findAan(dataDir);
  if (dataDir !== undefined && folder !== undefined) {
    const cached = await aanCache(folder, { ...options, dataDir });
    const { origin, why } = cached;
    const pairs = why === undefined
      ? "official AAN pairs of lra_release"
      : `pairs in the form of AAN (${why})`;
    const source = `${pairs}, first ${maxPositions} bytes`;
    return { ...task, version: 1, origin, source, ...await cachedTokens(cached) };
  }
  if (dataDir !== undefined) {
    print?.(
      `retrieval: no ${AAN_FILES.train} below ${dataDir}; making synthetic pairs instead`,
    );
  }
  return {
    ...task,
    version: `synthetic-${SYNTHETIC_VERSION}`,
    origin: "generated",
    source: `generated stand-in for AAN (pairs of nonsense documents on equal or different ` +
      `topics), version ${SYNTHETIC_VERSION}, seed ${seed}, ${JSON.stringify(profile.synthetic)}`,
    ...await cachedTokens(syntheticCache(options)),
  };
}
