import { dirname, join } from "node:path";
import { sha256File } from "../../util/sha256.ts";
import { type AptPlan, planApt } from "./apt_plan.ts";
import { describeFolder, type DriverManifest, icdJson, isLibrary, listFolder } from "./driver.ts";
import { parseOsRelease } from "./os_release.ts";
import {
  type DebPackage,
  parseInstalled,
  parsePrintUris,
  refuseMesa,
  selectPackages,
} from "./packages.ts";
import { PrivateApt, readSystemSources } from "./private_apt.ts";
import { runProgram } from "./program.ts";
import type { ProvideContext } from "./provide_context.ts";

const DRIVER = "mesa-vulkan-drivers";
const LOADER = "libvulkan1";
const LIBRARY = "libvulkan_lvp.so";

/**
 * Unpacks Mesa's llvmpipe from the distribution's packages into a folder.
 *
 * @throws {Error} with a one-line reason when this machine cannot do that.
 */
export async function provideMesa(context: ProvideContext): Promise<DriverManifest> {
  const architecture = await runProgram("dpkg", ["--print-architecture"]);
  if (!architecture.ok) throw new Error(architecture.complaint);
  const distribution = parseOsRelease(await Deno.readTextFile("/etc/os-release").catch(() => ""));
  const plans = planApt(distribution, await readSystemSources());
  let reason = `no apt source names a release of ${distribution.id} ${distribution.version}`.trim();
  for (const plan of plans) {
    try {
      return await provideFrom(plan, architecture.stdout.trim(), context);
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
      context.say(`Mesa from ${plan.suite}: ${reason}`);
    }
  }
  throw new Error(reason);
}

async function provideFrom(
  plan: AptPlan,
  architecture: string,
  context: ProvideContext,
): Promise<DriverManifest> {
  const apt = await PrivateApt.create(
    join(context.scratch, plan.suite),
    plan.sources,
    architecture,
  );
  throwIf(await apt.update());
  const closure = await apt.closure(plan.suite, [DRIVER, LOADER]);
  if (!closure.ok) throw new Error(closure.complaint);
  const packages = parsePrintUris(closure.stdout);
  const mesa = packages.find((each) => each.name === DRIVER);
  if (mesa === undefined) throw new Error(`apt does not offer ${DRIVER}`);
  throwIf(refuseMesa(mesa.version));
  const { unpack, fromSystem } = await selectPackages(packages, await installed(), atLeast);
  const total = unpack.reduce((sum, each) => sum + each.bytes, 0);
  context.say(
    `No Vulkan adapter: fetching Mesa llvmpipe ${mesa.version} from ${plan.suite} into ` +
      `${context.finalFolder} (${Math.ceil(total / 1e6)} MB, once)`,
  );
  throwIf(await apt.download(unpack));
  const fetched = await unpackAll(unpack, apt.archives, context.folder);
  const { icd, libraryFolders } = await arrange(context);
  return {
    name: `Mesa ${mesa.version} llvmpipe`,
    origin: `${DRIVER} ${mesa.version} (${plan.suite})`,
    icd,
    libraryFolders,
    fetched,
    fromSystem,
    ...await describeFolder(context.folder),
  };
}

async function installed(): Promise<Map<string, string>> {
  const format = "${Package} ${Status} ${Version}\n";
  return parseInstalled((await runProgram("dpkg-query", ["-W", "-f", format])).stdout);
}

async function atLeast(have: string, want: string): Promise<boolean> {
  return (await runProgram("dpkg", ["--compare-versions", have, "ge", want])).ok;
}

async function unpackAll(
  packages: readonly DebPackage[],
  archives: string,
  folder: string,
): Promise<DriverManifest["fetched"]> {
  const fetched: DriverManifest["fetched"] = [];
  for (const each of packages) {
    const path = join(archives, each.file);
    fetched.push({ file: each.file, bytes: each.bytes, sha256: await sha256File(path) });
    const result = await runProgram("dpkg", ["-x", path, join(folder, "root")]);
    if (!result.ok) throw new Error(result.complaint);
  }
  return fetched;
}

/** Drops what is of no use (other drivers, documentation) and writes the ICD file. */
async function arrange(context: ProvideContext) {
  const root = join(context.folder, "root");
  await Deno.remove(join(root, "usr/share"), { recursive: true }).catch(() => undefined);
  await Deno.remove(join(root, "etc"), { recursive: true }).catch(() => undefined);
  const libraries = (await listFolder(context.folder)).files.filter(isLibrary);
  const driver = libraries.find((path) => path.endsWith(`/${LIBRARY}`));
  if (driver === undefined) throw new Error(`${DRIVER} holds no ${LIBRARY}`);
  for (const path of libraries) {
    const other = /\/lib(vulkan_|VkLayer_)[^/]*\.so$/.test(path) && path !== driver;
    if (other) await Deno.remove(join(context.folder, path));
  }
  const icd = "lvp_icd.json";
  await Deno.writeTextFile(
    join(context.folder, icd),
    icdJson(join(context.finalFolder, driver)),
  );
  const remaining = (await listFolder(context.folder)).files.filter(isLibrary);
  const libraryFolders = [...new Set(remaining.map((path) => dirname(path)))]
    .filter((folder) => /^root\/(usr\/)?lib\/[^/]+$/.test(folder));
  return { icd, libraryFolders };
}

function throwIf(reason: string | undefined): void {
  if (reason !== undefined) throw new Error(reason);
}
