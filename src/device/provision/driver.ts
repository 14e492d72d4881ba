import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../errors.ts";
import { readSealed, type SealedFormat, writeSealed } from "../../util/sealed_file.ts";
import { sha256File } from "../../util/sha256.ts";

const fileSchema = z.strictObject({
  path: z.string().describe("Relative to the driver folder"),
  bytes: z.number(),
  modified: z.number().describe("Milliseconds since 1970"),
  sha256: z.string(),
});

const linkSchema = z.strictObject({
  path: z.string().describe("Relative to the driver folder"),
  target: z.string(),
});

const manifestFormat = {
  format: "mega-webgpu/driver-2",
  schema: z.strictObject({
    name: z.string().describe("Driver and version, such as `Mesa 25.0.7-2~bpo12+1 llvmpipe`"),
    origin: z.string().describe("Package and suite or registry that it came from"),
    icd: z.string().describe("The loader's JSON file, relative to the driver folder"),
    libraryFolders: z.array(z.string()).describe("Relative to the driver folder"),
    fetched: z.array(z.strictObject({ file: z.string(), bytes: z.number(), sha256: z.string() })),
    fromSystem: z.array(z.string()).describe("Packages of the closure that the system provides"),
    files: z.array(fileSchema).min(1).describe("Everything that was unpacked"),
    links: z.array(linkSchema),
  }),
} satisfies SealedFormat<unknown>;

/** What is known about a provided driver; stored as `manifest.json` in its folder. */
export type DriverManifest = z.infer<typeof manifestFormat.schema>;

/** A software Vulkan driver in the cache, ready to use. */
export interface Driver {
  readonly folder: string;
  readonly manifest: DriverManifest;
}

const MANIFEST = "manifest.json";

/** The content of an ICD file for the Vulkan loader (loader interface, "ICD manifest file format"). */
export function icdJson(library: string): string {
  return JSON.stringify(
    { file_format_version: "1.0.0", ICD: { library_path: library, api_version: "1.3.0" } },
    null,
    2,
  ) + "\n";
}

/** Writes the manifest of a driver folder, with a digest of its own. */
export async function writeManifest(folder: string, manifest: DriverManifest): Promise<void> {
  await writeSealed(join(folder, MANIFEST), manifestFormat, manifest);
}

/** Whether a name looks like that of a shared library. */
export function isLibrary(path: string): boolean {
  return /\.so(\.|$)/.test(path);
}

/** Paths of the regular files and links below a folder, relative to it, in order. */
export async function listFolder(
  folder: string,
  below = ".",
): Promise<{ files: string[]; links: string[] }> {
  const files: string[] = [];
  const links: string[] = [];
  for await (const entry of Deno.readDir(join(folder, below))) {
    const path = join(below, entry.name);
    if (entry.isDirectory) {
      const inner = await listFolder(folder, path);
      files.push(...inner.files);
      links.push(...inner.links);
    } else if (entry.isFile) files.push(path);
    else if (entry.isSymlink) links.push(path);
  }
  return { files: files.sort(), links: links.sort() };
}

/** Size, time and hash of everything in a driver folder that has just been filled. */
export async function describeFolder(
  folder: string,
): Promise<Pick<DriverManifest, "files" | "links">> {
  const { files, links } = await listFolder(folder);
  return {
    files: await Promise.all(files.map(async (path) => {
      const info = await Deno.stat(join(folder, path));
      const sha256 = await sha256File(join(folder, path));
      return { path, bytes: info.size, modified: info.mtime?.getTime() ?? 0, sha256 };
    })),
    links: await Promise.all(links.map(async (path) => ({
      path,
      target: await Deno.readLink(join(folder, path)),
    }))),
  };
}

/** A driver, or why there is none: `undefined` where none was provided yet. */
export type LoadedDriver = Driver | { readonly damage: string } | undefined;

/**
 * Loads a driver from its folder if its manifest is sound and every file has the size and time
 * that it had when it was unpacked from verified packages.
 */
export async function loadDriver(folder: string): Promise<LoadedDriver> {
  let manifest: DriverManifest | undefined;
  try {
    manifest = await readSealed(join(folder, MANIFEST), manifestFormat);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { damage: error.message };
  }
  if (manifest === undefined) return undefined;
  for (const file of manifest.files) {
    const info = await Deno.stat(join(folder, file.path)).catch(() => undefined);
    if (info === undefined) return { damage: `${join(folder, file.path)} is missing` };
    if (info.size !== file.bytes || info.mtime?.getTime() !== file.modified) {
      return { damage: `${join(folder, file.path)} has changed` };
    }
  }
  for (const { path, target } of manifest.links) {
    const found = await Deno.readLink(join(folder, path)).catch(() => undefined);
    if (found !== target) return { damage: `${join(folder, path)} has changed` };
  }
  return { folder, manifest };
}

/**
 * Reads every file of a driver and compares the hashes; 14 MB of Mesa take about 50 ms.
 *
 * @returns What is damaged, undefined where nothing is.
 */
export async function findDamage({ folder, manifest }: Driver): Promise<string | undefined> {
  for (const file of manifest.files) {
    const path = join(folder, file.path);
    const sha256 = await sha256File(path).catch(() => undefined);
    if (sha256 !== file.sha256) return `${path} is not what was unpacked`;
  }
  return undefined;
}

/** The environment that makes the Vulkan loader of a child process find exactly this driver. */
export function driverEnvironment(
  driver: Driver,
  inheritedLibraryPath: string | undefined,
): Record<string, string> {
  const icd = join(driver.folder, driver.manifest.icd);
  const folders = driver.manifest.libraryFolders.map((folder) => join(driver.folder, folder));
  if (inheritedLibraryPath) folders.push(inheritedLibraryPath);
  return {
    VK_DRIVER_FILES: icd,
    // Loaders before 1.3.207 know only the old name.
    VK_ICD_FILENAMES: icd,
    LD_LIBRARY_PATH: folders.join(":"),
    MEGA_DRIVER_NAME: driver.manifest.name,
    MEGA_DRIVER: driver.manifest.origin,
  };
}
