import { UserError } from "../errors.ts";
import { type DataEntry, DEFAULT_DATA_SEED } from "./data_entry.ts";
import { DataRoot } from "./data_root.ts";
import { SPLIT_NAMES, type SplitName } from "./dataset.ts";
import { type DataContext, officialFolder } from "./fetch_data.ts";
import { exists, missingFiles } from "./official_folder.ts";
import { DATA_ENTRIES, dataEntry } from "./registry.ts";

/** Where a data set stands on this machine. */
export interface DataStatus {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Scales that it has data for; none for a text, which is the same at every scale. */
  readonly profiles: readonly string[];
  /** The folder of the official files, or undefined. */
  readonly official: string | undefined;
  /** Whether it can be made without a download. */
  readonly generated: boolean;
}

function profilesOf(entry: DataEntry): readonly string[] {
  return entry.kind === "language-modelling" ? [] : entry.profiles;
}

function isGenerated(entry: DataEntry): boolean {
  return entry.kind === "language-modelling" ? entry.embedded : entry.generate !== undefined;
}

async function stateOf(
  entry: DataEntry,
  official: string | undefined,
  dataDir: string,
): Promise<string> {
  const profiles = profilesOf(entry);
  const scales = profiles.length > 0 ? `; profiles ${profiles.join(", ")}` : "";
  if (entry.official.length === 0) return `needs no official files${scales}`;
  const made = isGenerated(entry) ? " (generated when needed)" : "";
  const missing = official === undefined ? [] : await missingFiles(official, entry.official);
  const lacks = missing.length === 0 ? "" : `, incomplete (no ${missing.join(", ")})`;
  const where = official === undefined ? `not in ${dataDir}${made}` : `in ${official}${lacks}`;
  return `official files ${where}${scales}`;
}

/** `data list`: every data set and where it stands; prints two lines for each. */
export async function listData({ dataDir, print }: DataContext): Promise<DataStatus[]> {
  const list: DataStatus[] = [];
  for (const entry of DATA_ENTRIES) {
    const { id, title, description } = entry;
    const profiles = profilesOf(entry);
    const official = await officialFolder(entry, dataDir);
    const generated = isGenerated(entry);
    list.push({ id, title, description, profiles, official, generated });
    print(`${id}: ${title}: ${description}`);
    print(`  ${await stateOf(entry, official, dataDir)}`);
  }
  return list;
}

/** What `data verify` checks. */
export interface VerifyOptions extends DataContext {
  /** Data set ids; all when empty. */
  readonly ids: readonly string[];
  /** Seed of the generated data to look for. */
  readonly seed?: number | bigint | undefined;
}

/**
 * `data verify`: reads all official files and all cached data in full, and checks that the cache
 * is what the files give. Prints a line for each and a line `N checked, N damaged` at the end.
 *
 * @returns Whether nothing was damaged.
 * @throws UserError for an unknown id.
 */
export async function verifyData(options: VerifyOptions): Promise<boolean> {
  const { ids, dataDir, cacheDir, seed, print } = options;
  let checked = 0;
  let damaged = 0;
  const check = async (body: () => Promise<void>) => {
    checked++;
    try {
      await body();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      damaged++;
      print(`damaged: ${error.message}`);
    }
  };
  for (const entry of ids.length === 0 ? DATA_ENTRIES : ids.map(dataEntry)) {
    const folder = await officialFolder(entry, dataDir);
    const source = { cacheDir, dataDir: await exists(dataDir) ? dataDir : undefined };
    const fits = folder === undefined ? "matches its checksums" : "is what the files give";
    if (folder !== undefined) {
      await check(async () => {
        new DataRoot(dataDir).checkTree(folder);
        await entry.verifyOfficial(folder, print);
      });
    } else if (entry.official.length > 0) print(`${entry.id}: no official files in ${dataDir}`);
    if (entry.kind !== "classification") {
      let present = true;
      await check(async () => {
        present = await entry.verifyCache(source);
        if (present) print(`${entry.id}: the cached text ${fits}`);
      });
      if (!present) checked--;
      continue;
    }
    for (const profile of entry.profiles) {
      let present = true;
      await check(async () => {
        present = await entry.verifyCache({ profile, ...source, seed });
        if (present) print(`${entry.id}: the cached data of profile ${profile} ${fits}`);
      });
      if (!present) checked--;
    }
  }
  print(`${checked} checked, ${damaged} damaged`);
  return damaged === 0;
}

/** What `data generate` makes. */
export interface GenerateOptions extends DataContext {
  readonly id: string;
  readonly profile: string;
  /** `DEFAULT_DATA_SEED` when absent. */
  readonly seed?: number | bigint | undefined;
  /** Write files in the official format here; without it the data goes to the cache. */
  readonly out?: string | undefined;
}

/**
 * `data generate`: makes the data of a profile, into the cache or as official-format files.
 *
 * @returns The hashes of the cached splits, or undefined when files were written.
 * @throws UserError: unknown id or profile, no generator, disk full.
 */
export async function generateData(
  options: GenerateOptions,
): Promise<Readonly<Record<SplitName, string>> | undefined> {
  const { id, profile, out, cacheDir, dataDir, print, seed = DEFAULT_DATA_SEED } = options;
  const entry = dataEntry(id);
  if (entry.kind === "classification" && entry.generate === undefined) {
    throw new UserError(`${id}: has no generator; fetch it or point --data to its files`);
  }
  if (out !== undefined) {
    if (entry.kind === "language-modelling" || entry.generate === undefined) {
      throw new UserError(`${id}: is not made as files: leave out --out`);
    }
    await entry.generate({ profile, seed, print }, out);
    return undefined;
  }
  if (entry.kind === "classification") {
    const { splits, hash } = await entry.load({ profile, seed, cacheDir, print });
    for (const name of SPLIT_NAMES) {
      print(`${id}: ${name}: ${splits[name].length} examples, sha256 ${hash[name]}`);
    }
    return hash;
  }
  const there = await exists(dataDir) ? dataDir : undefined;
  using data = await entry.load({ profile, seed, cacheDir, dataDir: there, print });
  for (const name of SPLIT_NAMES) {
    const what = data.kind === "translation"
      ? `${data.splits[name].source.count} sentence pairs`
      : `${data.splits[name].tokens.length} tokens, ${data.splits[name].lines} lines`;
    print(`${id}: ${name}: ${what}, sha256 ${data.hash[name]}`);
  }
  return data.hash;
}
