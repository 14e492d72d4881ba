import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { sha256Hex } from "../../util/sha256.ts";
import { cachedTokens } from "../cached_tokens.ts";
import type { Print } from "../data_entry.ts";
import { departure, type FolderOrigin, originOfFolder } from "../data_origin.ts";
import { DataRoot } from "../data_root.ts";
import { SPLIT_NAMES, type SplitName, type TokenTaskData } from "../dataset.ts";
import type { LraTask } from "../lra_tasks.ts";
import { findFolder } from "../official_folder.ts";
import { type PackedSplits, withHashes } from "../packed_cache.ts";
import { DocumentPacker, PackedTokenSplit } from "../packed_split.ts";
import { SourceFiles } from "../source_files.ts";
import { evaluate } from "./evaluate.ts";
import { LISTOPS_VOCABULARY } from "./expression.ts";
import {
  checkListOpsParams,
  generateExpressions,
  GENERATOR_VERSION,
  type ListOpsParams,
} from "./generate.ts";
import { LISTOPS_PROFILES } from "./profiles.ts";
import { encodeExpression } from "./tokenize.ts";
import { LISTOPS_FILES, type ListOpsExample, readListOpsTsv } from "./tsv.ts";

/**
 * Longest sequence that the reference feeds, `</s>` included (`examples/mega/README.lra.md` of
 * facebookresearch/mega).
 */
const MAX_POSITIONS = 2002;

/** The largest published file has 300 MB. */
const LARGEST_FILE = 4 * 2 ** 30;

/** The folder of the ListOps files inside the official archive, and where else it may lie. */
const FOLDERS = [
  ".",
  "listops-1000",
  "lra_release/listops-1000",
  "lra_release/lra_release/listops-1000",
];

/** How to load ListOps. */
export interface ListOpsOptions {
  readonly params: ListOpsParams;
  /** Seed of the generator; the same data serves all training seeds. */
  readonly seed: number | bigint;
  /** Folder for generated data. */
  readonly cacheDir: string;
  /** Folder that may hold the official files. */
  readonly dataDir?: string | undefined;
  /** Receives a line on anything worth knowing. */
  readonly print?: Print | undefined;
}

/**
 * The folder below `dataDir` that holds the official files, or undefined when there is none.
 * Throws UserError when `dataDir` does not exist.
 */
export async function findOfficialListOps(dataDir: string): Promise<string | undefined> {
  return await findFolder(dataDir, FOLDERS, Object.values(LISTOPS_FILES));
}

/**
 * The three splits, drawn from one stream, so no expression occurs twice. Test and valid come
 * first: data sets that differ only in their training size share them.
 */
export function generateListOps(
  params: ListOpsParams,
  seed: number | bigint,
): Record<SplitName, Iterable<ListOpsExample>> {
  checkListOpsParams(params);
  const stream = generateExpressions(shapeOf(params), seed);
  const take = (count: number) =>
    Array.from({ length: count }, (): ListOpsExample => {
      const codes = stream.next().value;
      const label = evaluate(codes);
      if (label === undefined) throw new Error("the generator made an incomplete expression");
      return { codes, label };
    });
  const test = take(params.test);
  const valid = take(params.valid);
  return { train: take(params.train), valid, test };
}

/** The parameters that shape expressions, in fixed order. */
function shapeOf({ maxDepth, maxArgs, minLength, maxLength }: ListOpsParams) {
  return { maxDepth, maxArgs, minLength, maxLength };
}

function isOfficialShape(params: ListOpsParams): boolean {
  return JSON.stringify(shapeOf(params)) === JSON.stringify(shapeOf(LISTOPS_PROFILES.paper));
}

async function pack(
  examples: Iterable<ListOpsExample> | AsyncIterable<ListOpsExample>,
  limit = Infinity,
): Promise<PackedTokenSplit> {
  const packer = new DocumentPacker(LISTOPS_VOCABULARY.size);
  const labels: number[] = [];
  for await (const { codes, label } of examples) {
    packer.add(encodeExpression(codes, MAX_POSITIONS));
    labels.push(label);
    if (labels.length >= limit) break;
  }
  return new PackedTokenSplit(packer.finish(), Int32Array.from(labels));
}

/** The splits from the official files, and where they come from. Throws UserError. */
async function loadOfficial(
  folder: string,
  dataDir: string,
  { params, cacheDir, print }: ListOpsOptions,
): Promise<PackedSplits & FolderOrigin> {
  const source = await SourceFiles.measure(
    {
      root: new DataRoot(dataDir),
      folder,
      names: SPLIT_NAMES.map((name) => LISTOPS_FILES[name]),
      atMost: LARGEST_FILE,
    },
    { cacheDir, print },
  );
  const why = departure(
    SPLIT_NAMES.map((name, i) => ({
      what: `${name} expressions`,
      published: LISTOPS_PROFILES.paper[name],
      found: Math.max(0, source.lines[i] - 1),
    })),
  );
  const origin = originOfFolder({ id: "listops", folder, print }, why);
  const split = async (name: SplitName): Promise<PackedTokenSplit> => {
    const path = join(folder, LISTOPS_FILES[name]);
    const packed = await pack(readListOpsTsv(path), params[name]);
    if (packed.length < params[name]) {
      throw new UserError(
        `${path}: ${packed.length} expressions, expected ${params[name]}: fetch the file again`,
      );
    }
    return packed;
  };
  const [train, valid, test] = [await split("train"), await split("valid"), await split("test")];
  return { ...origin, ...withHashes({ train, valid, test }) };
}

/** The file below `cacheDir` for generated data, and the key that it must carry. */
export function listOpsCacheFile(
  { params, seed, cacheDir }: Pick<ListOpsOptions, "params" | "seed" | "cacheDir">,
): { path: string; key: string } {
  const { train, valid, test } = params;
  const parameters = { train, valid, test, ...shapeOf(params), seed: String(seed) };
  const key = `listops ${GENERATOR_VERSION} ${JSON.stringify(parameters)}`;
  return { path: join(cacheDir, "listops", `${sha256Hex(key).slice(0, 16)}.safetensors`), key };
}

async function loadGenerated(options: ListOpsOptions): Promise<PackedSplits> {
  const { params, seed, print } = options;
  const count = params.train + params.valid + params.test;
  return await cachedTokens({
    id: "listops" satisfies LraTask,
    ...listOpsCacheFile(options),
    async make() {
      const generated = generateListOps(params, seed);
      return withHashes({
        train: await pack(generated.train),
        valid: await pack(generated.valid),
        test: await pack(generated.test),
      });
    },
    made: `generated ${count} expressions`,
    source: undefined,
    print,
  });
}

/**
 * Long Range Arena ListOps. With `params` of the official shape (500 < length < 2000) and official
 * files below `dataDir`, the first `params.train`, … expressions of those files; else expressions
 * of the same generator, made once, kept in `cacheDir`, checked against their hashes on every load
 * and made again when damaged.
 *
 * @throws UserError for impossible parameters, missing folders, malformed or too short files.
 */
export async function loadListOps(options: ListOpsOptions): Promise<TokenTaskData> {
  const { params, seed, dataDir, print } = options;
  checkListOpsParams(params);
  const folder = dataDir === undefined ? undefined : await findOfficialListOps(dataDir);
  const official = folder !== undefined && isOfficialShape(params);
  if (dataDir !== undefined && !official) {
    print?.(
      folder === undefined
        ? `listops: no ${LISTOPS_FILES.train} below ${dataDir}; generating expressions`
        : "listops: this profile has its own length window; the official files are not used",
    );
  }
  const loaded = dataDir !== undefined && official
    ? await loadOfficial(folder, dataDir, options)
    : {
      ...await loadGenerated(options),
      origin: "generated",
      why: undefined,
    } as const;
  const { splits, hash, origin, why } = loaded;
  const longest = Math.max(...SPLIT_NAMES.map((name) => splits[name].longest));
  const files = why === undefined ? "official lra_release listops-1000" : `other files (${why})`;
  return {
    kind: "classification",
    id: "listops" satisfies LraTask,
    version: 1,
    inputKind: "tokens",
    pair: false,
    vocabulary: LISTOPS_VOCABULARY,
    classes: 10,
    maxLength: Math.max(longest, Math.min(params.maxLength, MAX_POSITIONS)),
    splits,
    hash,
    origin,
    source: origin === "generated"
      ? `generated, version ${GENERATOR_VERSION}, seed ${seed}, ${JSON.stringify(params)}`
      : files,
  };
}
