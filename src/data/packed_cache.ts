import { UserError } from "../errors.ts";
import { writeFileAtomic } from "../util/atomic_write.ts";
import { ifPresent } from "../util/read_error.ts";
import { readRegular } from "../util/read_regular.ts";
import { readSafetensors, type SafeTensor, writeSafetensors } from "../util/safetensors.ts";
import { SPLIT_NAMES, splitHash, type SplitName } from "./dataset.ts";
import { type PackedDocuments, PackedTokenSplit } from "./packed_split.ts";

/** The three splits of a token task with their content hashes. */
export interface PackedSplits {
  readonly splits: Readonly<Record<SplitName, PackedTokenSplit>>;
  readonly hash: Readonly<Record<SplitName, string>>;
}

/** Builds a record with one entry per split. */
export function perSplit<T>(make: (name: SplitName) => T): Record<SplitName, T> {
  return { train: make("train"), valid: make("valid"), test: make("test") };
}

/** Hashes the splits. */
export function withHashes(splits: Readonly<Record<SplitName, PackedTokenSplit>>): PackedSplits {
  return { splits, hash: perSplit((name) => splitHash("tokens", splits[name])) };
}

/** What is said of a cache whose key is not the expected one. */
export const OTHER_SOURCE = "was made from other files, or by another version";

const LARGEST = 16 * 2 ** 30;
const DOCUMENTS = "documents";
const SECONDS = "seconds";

function* documentTensors(
  prefix: string,
  { ids, offsets }: PackedDocuments,
): Generator<[string, SafeTensor]> {
  yield [
    `${prefix}.ids`,
    ids instanceof Uint8Array
      ? { dtype: "U8", shape: [ids.length], data: ids }
      : { dtype: "I32", shape: [ids.length], data: ids },
  ];
  yield [`${prefix}.offsets`, { dtype: "U32", shape: [offsets.length], data: offsets }];
}

function* splitTensors(name: SplitName, split: PackedTokenSplit): Generator<[string, SafeTensor]> {
  yield* documentTensors(`${name}.${DOCUMENTS}`, split.documents);
  if (split.seconds !== undefined) yield* documentTensors(`${name}.${SECONDS}`, split.seconds);
  yield [`${name}.labels`, { dtype: "I32", shape: [split.length], data: split.labels }];
}

/**
 * Stores tokenised splits as one safetensors file, atomically.
 *
 * @param key What the content is a function of; `loadPackedSplits` refuses a file with another key.
 */
export async function savePackedSplits(
  path: string,
  key: string,
  { splits, hash }: PackedSplits,
): Promise<void> {
  const tensors = SPLIT_NAMES.flatMap((name) => [...splitTensors(name, splits[name])]);
  const hashes = Object.fromEntries(SPLIT_NAMES.map((name) => [`sha256.${name}`, hash[name]]));
  await writeFileAtomic(path, writeSafetensors({ metadata: { key, ...hashes }, tensors }));
}

/**
 * Reads what `savePackedSplits` wrote and checks key and content hashes. Returns undefined when
 * there is no such file.
 *
 * @param key The expected key; undefined accepts any.
 * @throws UserError when the file is damaged or holds something else.
 */
export async function loadPackedSplits(
  path: string,
  key: string | undefined,
): Promise<PackedSplits | undefined> {
  const bytes = await ifPresent(path, readRegular(path, LARGEST));
  if (bytes === undefined) return undefined;
  const { metadata, tensors } = readSafetensors(bytes, path);
  if (key !== undefined && metadata.key !== key) {
    throw new UserError(`${path}: ${OTHER_SOURCE}`);
  }
  const missing = (name: string) => new UserError(`${path}: tensor ${name} is missing`);
  const documents = (prefix: string): PackedDocuments => {
    const ids = tensors.get(`${prefix}.ids`);
    const offsets = tensors.get(`${prefix}.offsets`);
    if (ids?.dtype !== "U8" && ids?.dtype !== "I32") throw missing(`${prefix}.ids`);
    if (offsets?.dtype !== "U32") throw missing(`${prefix}.offsets`);
    return { ids: ids.data, offsets: offsets.data };
  };
  const split = (name: SplitName): PackedTokenSplit => {
    const labels = tensors.get(`${name}.labels`);
    if (labels?.dtype !== "I32") throw missing(`${name}.labels`);
    const pair = tensors.has(`${name}.${SECONDS}.ids`);
    try {
      return new PackedTokenSplit(
        documents(`${name}.${DOCUMENTS}`),
        labels.data,
        pair ? documents(`${name}.${SECONDS}`) : undefined,
      );
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new UserError(`${path}: ${name}: ${error.message}`, { cause: error });
    }
  };
  const loaded = withHashes(perSplit(split));
  for (const name of SPLIT_NAMES) {
    if (metadata[`sha256.${name}`] !== loaded.hash[name]) {
      throw new UserError(`${path}: the ${name} split does not match its checksum`);
    }
  }
  return loaded;
}
