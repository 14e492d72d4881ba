import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../../util/atomic_write.ts";

const fileSchema = z.strictObject({
  path: z.string().describe("Relative to the driver folder"),
  bytes: z.number(),
  modified: z.number().describe("Milliseconds since 1970"),
});

const manifestSchema = z.strictObject({
  format: z.literal(1),
  name: z.string().describe("Driver and version, such as `Mesa 25.0.7-2~bpo12+1 llvmpipe`"),
  origin: z.string().describe("Package and suite or registry that it came from"),
  icd: z.string().describe("The loader's JSON file, relative to the driver folder"),
  libraryFolders: z.array(z.string()).describe("Relative to the driver folder"),
  fetched: z.array(z.strictObject({ file: z.string(), bytes: z.number(), sha256: z.string() })),
  fromSystem: z.array(z.string()).describe("Packages of the closure that the system provides"),
  systemState: z.number().describe("Modification time of the package database; 0 without one"),
  files: z.array(fileSchema).describe("The unpacked libraries, checked before each use"),
});

/** What is known about a provided driver; stored as `manifest.json` in its folder. */
export type DriverManifest = z.infer<typeof manifestSchema>;

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

/** Writes the manifest of a driver folder. */
export async function writeManifest(folder: string, manifest: DriverManifest): Promise<void> {
  await writeFileAtomic(join(folder, MANIFEST), JSON.stringify(manifest, null, 2) + "\n");
}

/** Size and time of every regular file below a folder whose name looks like a shared library. */
export async function listLibraries(folder: string, below = "."): Promise<DriverManifest["files"]> {
  const files: DriverManifest["files"] = [];
  for await (const entry of Deno.readDir(join(folder, below))) {
    const path = join(below, entry.name);
    if (entry.isDirectory) {
      files.push(...await listLibraries(folder, path));
    } else if (entry.isFile && /\.so(\.|$)/.test(entry.name)) {
      const info = await Deno.stat(join(folder, path));
      files.push({ path, bytes: info.size, modified: info.mtime?.getTime() ?? 0 });
    }
  }
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

/**
 * Loads a driver from its folder if it is complete: the manifest is readable and every library has
 * the size and time that it had when it was unpacked from verified packages.
 */
export async function loadDriver(folder: string): Promise<Driver | undefined> {
  try {
    const text = await Deno.readTextFile(join(folder, MANIFEST));
    const manifest = manifestSchema.parse(JSON.parse(text));
    for (const file of manifest.files) {
      const info = await Deno.stat(join(folder, file.path));
      if (info.size !== file.bytes || info.mtime?.getTime() !== file.modified) return undefined;
    }
    return manifest.files.length === 0 ? undefined : { folder, manifest };
  } catch {
    return undefined;
  }
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
