import { basename, dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import type { DataEntry, OfficialArchive, Print } from "./data_entry.ts";
import { download, type DownloadOptions } from "./download.ts";
import { extractArchive } from "./extract_archive.ts";
import { exists, missingFiles } from "./official_folder.ts";
import { dataEntry } from "./registry.ts";

/** The folders and the output of every `data` command. */
export interface DataContext {
  /** Folder for generated and tokenised data. */
  readonly cacheDir: string;
  /** Folder of official files; it need not exist. */
  readonly dataDir: string;
  readonly print: Print;
}

/** What `data fetch` gets. */
export interface FetchOptions
  extends
    DataContext,
    Pick<DownloadOptions, "trustFirstUse" | "onProgress" | "fetcher" | "patience"> {
  readonly id: string;
  /** Expected sha256; of several archives `NAME=HEX`, with commas between. */
  readonly sha256?: string | undefined;
  /** Another address of the same archive, for a data set of one. */
  readonly url?: string | undefined;
}

/** The folder of the official files of a data set, or undefined. */
export async function officialFolder(
  entry: DataEntry,
  dataDir: string,
): Promise<string | undefined> {
  return await exists(dataDir) ? await entry.findOfficial(dataDir) : undefined;
}

/**
 * `data fetch`: see {@link fetchOfficial}.
 *
 * @returns The folder of the official files.
 * @throws UserError: unknown id, and all of `fetchOfficial`.
 */
export async function fetchData(options: FetchOptions): Promise<string> {
  return await fetchOfficial(dataEntry(options.id), options);
}

/**
 * Downloads the official archives of a data set to `dataDir/downloads`, checks them and unpacks the
 * wanted files. Does nothing for what is there.
 *
 * @returns The folder of the official files.
 * @throws UserError: no official archive, no checksum, an address for several archives, and all of
 * `download` and `extractArchive`.
 */
export async function fetchOfficial(entry: DataEntry, options: FetchOptions): Promise<string> {
  const { dataDir, print, url, sha256 } = options;
  const { id, official } = entry;
  if (official.length === 0) {
    throw new UserError(`${id}: has no official archive; it is made when needed`);
  }
  if (official.length > 1) {
    const names = official.map((archive) => fileName(archive.url));
    const given = namedChecksums(sha256, names);
    if (url !== undefined || given === undefined) {
      throw new UserError(
        `${id}: has ${official.length} archives, but --url and --sha256 HEX stand for one: leave ` +
          "out --url, and give checksums as NAME=HEX with commas between, NAME one of " +
          names.join(", "),
      );
    }
    for (const archive of official) {
      const target = join(dataDir, archive.folder, archive.file ?? "");
      const name = fileName(archive.url);
      // Archives that the user has need not be fetched to be used.
      const packed = join(dataDir, dirname(archive.folder), name);
      const there = archive.file === undefined && await exists(packed) ? packed : target;
      if (await exists(there)) print(`${id}: ${there} is there already`);
      else await fetchOne({ ...options, sha256: given.get(name) }, archive, join("downloads", id));
    }
    return await officialFolder(entry, dataDir) ?? join(dataDir, official[0].folder);
  }
  const present = await officialFolder(entry, dataDir);
  if (present !== undefined) {
    const missing = await missingFiles(present, official);
    if (missing.length > 0) {
      throw new UserError(
        `${id}: ${present} is incomplete (no ${missing.join(", ")}): remove it to fetch all again`,
      );
    }
    print(`${id}: the official files are in ${present} already`);
    return present;
  }
  return await fetchOne(options, official[0], "downloads");
}

function fileName(url: string): string {
  return basename(URL.parse(url)?.pathname ?? "");
}

/** Checksums by file name from `NAME=HEX,...`; undefined when they are not all of that form. */
function namedChecksums(
  sha256: string | undefined,
  names: readonly string[],
): ReadonlyMap<string, string> | undefined {
  const named = new Map<string, string>();
  for (const pair of sha256?.split(",") ?? []) {
    const [name, hex] = pair.split("=");
    if (hex === undefined || !names.includes(name)) return undefined;
    named.set(name, hex);
  }
  return named;
}

/** Fetches an archive by way of the folder `downloads`, or a file to its place. */
async function fetchOne(
  options: FetchOptions,
  official: OfficialArchive,
  downloads: string,
): Promise<string> {
  const { id, dataDir, trustFirstUse, onProgress, fetcher, patience, print } = options;
  const url = options.url ?? official.url;
  const sha256 = options.sha256 ?? official.sha256;
  const name = fileName(url) || `${id}.archive`;
  const target = join(dataDir, official.folder);
  const path = official.file === undefined
    ? join(dataDir, downloads, name)
    : join(target, official.file);
  const onRetry = (line: string) => print(`${id}: ${line}`);
  const result = await download({
    url,
    path,
    sha256,
    trustFirstUse,
    onProgress,
    onRetry,
    fetcher,
    patience,
  });
  const trust = result.checksum === "recorded"
    ? "recorded, not compared with anything"
    : "as known";
  print(`${id}: ${path}: ${result.bytes} bytes, sha256 ${result.sha256} (${trust})`);
  if (official.file !== undefined) return target;
  const { files, bytes } = await extractArchive({ archive: path, target, ...official });
  print(`${id}: unpacked ${files} files, ${bytes} bytes, to ${target}`);
  return target;
}
