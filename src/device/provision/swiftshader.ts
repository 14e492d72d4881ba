import { join } from "node:path";
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import { unpackTar } from "modern-tar";
import { sha256Hex } from "../../util/sha256.ts";
import { describeFolder, type DriverManifest, icdJson } from "./driver.ts";
import { runProgram } from "./program.ts";
import type { ProvideContext } from "./provide_context.ts";

/** The npm package that carries SwiftShader and a Vulkan loader, for x86_64 Linux. */
export const SWIFTSHADER_PACKAGE = "@sparticuz/chromium";
/** Its pinned version. */
export const SWIFTSHADER_VERSION = "147.0.2";

const ARCHIVE = "bin/swiftshader.tar.br";
const ARCHIVE_SHA256 = "c89023060ed60c960fc528fb08e24aa515f7a3235e6f0e80ba7ee21165a4ea3a";
const DRIVER = "libvk_swiftshader.so";
const LOADER = "libvulkan.so.1";

/**
 * Takes the two named regular files out of a tar archive; everything else in it is ignored, so that
 * no name in the archive can reach another place.
 *
 * @throws {Error} when one of them is missing.
 */
export async function takeFiles(
  tar: Uint8Array<ArrayBuffer>,
  names: readonly string[],
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const entry of await unpackTar(tar)) {
    const name = entry.header.name.replace(/^\.\//, "");
    const regular = entry.header.type === undefined || entry.header.type === "file";
    if (regular && names.includes(name) && entry.data) files.set(name, entry.data);
  }
  for (const name of names) if (!files.has(name)) throw new Error(`the archive holds no ${name}`);
  return files;
}

/**
 * Puts SwiftShader and its loader into a folder. The package comes through Deno's own npm client
 * (which follows the user's registry settings and checks the package's integrity), and the archive
 * inside it must have the sha256 that is pinned here.
 *
 * @throws {Error} with a one-line reason when this machine cannot do that.
 */
export async function provideSwiftShader(context: ProvideContext): Promise<DriverManifest> {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
    throw new Error(`no SwiftShader package for ${Deno.build.os} ${Deno.build.arch}`);
  }
  context.say(
    `No Vulkan adapter: fetching SwiftShader (npm ${SWIFTSHADER_PACKAGE} ${SWIFTSHADER_VERSION}) ` +
      `into ${context.finalFolder} (70 MB, once)`,
  );
  const compressed = await Deno.readFile(join(await fetchPackage(context.scratch), ARCHIVE));
  const sha256 = sha256Hex(compressed);
  if (sha256 !== ARCHIVE_SHA256) {
    throw new Error(`${ARCHIVE} has sha256 ${sha256}, expected ${ARCHIVE_SHA256}`);
  }
  const tar = new Uint8Array(await promisify(brotliDecompress)(compressed));
  for (const [name, data] of await takeFiles(tar, [DRIVER, LOADER])) {
    await Deno.writeFile(join(context.folder, name), data, { mode: 0o644 });
  }
  const icd = "swiftshader_icd.json";
  await Deno.writeTextFile(join(context.folder, icd), icdJson(join(context.finalFolder, DRIVER)));
  return {
    name: "SwiftShader",
    origin: `SwiftShader from npm ${SWIFTSHADER_PACKAGE} ${SWIFTSHADER_VERSION}`,
    icd,
    libraryFolders: ["."],
    fetched: [{ file: ARCHIVE, bytes: compressed.length, sha256 }],
    fromSystem: [],
    ...await describeFolder(context.folder),
  };
}

/** Fetches the npm package into a private Deno folder. @returns The package's folder. */
async function fetchPackage(scratch: string): Promise<string> {
  const specifier = `npm:${SWIFTSHADER_PACKAGE}@${SWIFTSHADER_VERSION}`;
  const options = { cwd: scratch, env: { DENO_DIR: join(scratch, "npm"), NO_COLOR: "1" } };
  const fetched = await runProgram(
    Deno.execPath(),
    ["cache", "--no-config", "--no-lock", specifier],
    options,
  );
  if (!fetched.ok) throw new Error(fetched.complaint);
  const info = await runProgram(
    Deno.execPath(),
    ["info", "--no-config", "--no-lock", "--json", specifier],
    options,
  );
  const path = packageFolder(info.stdout);
  if (path === undefined) throw new Error(`${specifier}: not found after fetching it`);
  return path;
}

/** Finds the package's folder in the output of `deno info --json`. */
function packageFolder(json: string): string | undefined {
  const match = /"localPath":\s*("[^"]*@sparticuz[/\\]+chromium[/\\]+[^"]*")/.exec(json);
  const path: unknown = match === null ? undefined : JSON.parse(match[1] ?? "");
  return typeof path === "string" ? path : undefined;
}
