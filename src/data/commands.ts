import { basename, join } from "node:path";
import { UserError } from "../errors.ts";
import { type DataEntry, DEFAULT_DATA_SEED, type Print } from "./data_entry.ts";
import { SPLIT_NAMES, type SplitName } from "./dataset.ts";
import { download } from "./download.ts";
import { extractArchive } from "./extract_archive.ts";
import { DATA_ENTRIES, dataEntry } from "./registry.ts";

/** The folders and the output of every `data` command. */
export interface DataContext {
  /** Folder for generated and tokenised data. */
  readonly cacheDir: string;
  /** Folder of official files; it need not exist. */
  readonly dataDir: string;
  readonly print: Print;
}

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

async function officialFolder(entry: DataEntry, dataDir: string): Promise<string | undefined> {
  const there = await Deno.stat(dataDir).then(() => true, () => false);
  return there ? await entry.findOfficial(dataDir) : undefined;
}

function profilesOf(entry: DataEntry): readonly string[] {
  return entry.kind === "classification" ? entry.profiles : [];
}

function isGenerated(entry: DataEntry): boolean {
  return entry.kind === "classification" ? entry.generate !== undefined : entry.embedded;
}

function stateOf(entry: DataEntry, official: string | undefined, dataDir: string): string {
  if (entry.kind === "language-modelling" && entry.embedded) return "needs no official files";
  const made = isGenerated(entry) ? " (generated when needed)" : "";
  const where = official === undefined ? `not in ${dataDir}${made}` : `in ${official}`;
  const profiles = profilesOf(entry);
  return `official files ${where}` +
    (profiles.length > 0 ? `; profiles ${profiles.join(", ")}` : "");
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
    print(`  ${stateOf(entry, official, dataDir)}`);
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
 * `data verify`: reads all official files and all cached data in full. Prints a line for each and
 * a line `N checked, N damaged` at the end.
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
    if (folder !== undefined) await check(() => entry.verifyOfficial(folder, print));
    else if (entry.official !== undefined) print(`${entry.id}: no official files in ${dataDir}`);
    if (entry.kind === "language-modelling") {
      let present = true;
      await check(async () => {
        present = await entry.verifyCache({ cacheDir });
        if (present) print(`${entry.id}: cached tokens match their checksums`);
      });
      if (!present) checked--;
      continue;
    }
    for (const profile of entry.profiles) {
      let present = true;
      await check(async () => {
        present = await entry.verifyCache({ profile, cacheDir, seed });
        if (present) print(`${entry.id}: cached data of profile ${profile} matches its checksums`);
      });
      if (!present) checked--;
    }
  }
  print(`${checked} checked, ${damaged} damaged`);
  return damaged === 0;
}

/** What `data fetch` gets. */
export interface FetchOptions extends DataContext {
  readonly id: string;
  /** Expected sha256 of the archive. */
  readonly sha256?: string | undefined;
  /** Accept an archive of unknown checksum and record it. */
  readonly trustFirstUse?: boolean | undefined;
  /** Another address of the same archive. */
  readonly url?: string | undefined;
  /** Progress of the transfer in bytes. */
  readonly onProgress?: ((done: number, total: number | undefined) => void) | undefined;
  /** Replaces `fetch` in tests. */
  readonly fetcher?: typeof fetch | undefined;
}

/**
 * `data fetch`: downloads the official archive to `dataDir/downloads`, checks it and unpacks the
 * wanted files. Does nothing when they are there.
 *
 * @returns The folder of the official files.
 * @throws UserError: unknown id, no official archive, no checksum, and all of `download` and
 * `extractArchive`.
 */
export async function fetchData(options: FetchOptions): Promise<string> {
  const { id, dataDir, trustFirstUse, onProgress, fetcher, print } = options;
  const entry = dataEntry(id);
  const { official } = entry;
  if (official === undefined) {
    throw new UserError(`${id}: has no official archive; it is made when needed`);
  }
  const present = await officialFolder(entry, dataDir);
  if (present !== undefined) {
    print(`${id}: the official files are in ${present} already`);
    return present;
  }
  const url = options.url ?? official.url;
  const sha256 = options.sha256 ?? official.sha256;
  const name = basename(URL.parse(url)?.pathname ?? "") || `${id}.archive`;
  const archive = join(dataDir, "downloads", name);
  const result = await download({
    url,
    path: archive,
    sha256,
    trustFirstUse,
    onProgress,
    fetcher,
  });
  const trust = result.checksum === "recorded"
    ? "recorded, not compared with anything"
    : "as known";
  print(`${id}: ${archive}: ${result.bytes} bytes, sha256 ${result.sha256} (${trust})`);
  const target = join(dataDir, official.folder);
  const { files, bytes } = await extractArchive({ archive, target, ...official });
  print(`${id}: unpacked ${files} files, ${bytes} bytes, to ${target}`);
  return target;
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
  if (entry.kind === "language-modelling") {
    if (out !== undefined) throw new UserError(`${id}: is not made as files: leave out --out`);
    const there = await officialFolder(entry, dataDir) === undefined ? undefined : dataDir;
    using data = await entry.load({ cacheDir, dataDir: there, print });
    for (const name of SPLIT_NAMES) {
      const { tokens, lines } = data.splits[name];
      print(
        `${id}: ${name}: ${tokens.length} tokens, ${lines} lines, sha256 ${data.hash[name]}`,
      );
    }
    return data.hash;
  }
  if (entry.generate === undefined) {
    throw new UserError(`${id}: has no generator; fetch it or point --data to its files`);
  }
  if (out !== undefined) {
    await entry.generate({ profile, seed, print }, out);
    return undefined;
  }
  const { splits, hash } = await entry.load({ profile, seed, cacheDir, print });
  for (const name of SPLIT_NAMES) {
    print(`${id}: ${name}: ${splits[name].length} examples, sha256 ${hash[name]}`);
  }
  return hash;
}
