import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { writeError } from "../../util/atomic_write.ts";
import { checkAdapterIn } from "./adapter_check.ts";
import {
  type Driver,
  driverEnvironment,
  type DriverManifest,
  loadDriver,
  writeManifest,
} from "./driver.ts";
import { provideMesa } from "./mesa.ts";
import { databaseTime, type ProvideContext } from "./provide_context.ts";
import { provideSwiftShader } from "./swiftshader.ts";

/** The software drivers that can be provided, best first. */
export type DriverKind = "mesa" | "swiftshader";

const PROVIDERS: Record<DriverKind, (context: ProvideContext) => Promise<DriverManifest>> = {
  mesa: provideMesa,
  swiftshader: provideSwiftShader,
};

/** Options of {@link ensureDriver}. */
export interface EnsureOptions {
  /** The cache folder; drivers lie in `driver/<kind>` below it. */
  readonly cache: string;
  /** Which drivers may be provided, in order of preference. */
  readonly kinds: readonly DriverKind[];
  /** Receives one line for each thing that takes time or goes wrong. */
  readonly say: (line: string) => void;
}

/**
 * Returns a software Vulkan driver from the cache, providing it first where needed. Processes that
 * do this at the same time wait for one another; an interrupted attempt leaves nothing that could
 * be mistaken for a driver, and its downloads are used by the next one.
 *
 * @throws {UserError} when no driver can be provided.
 */
export async function ensureDriver(options: EnsureOptions): Promise<Driver> {
  const cached = await findDriver(options);
  if (cached !== undefined) return cached;
  const drivers = join(options.cache, "driver");
  try {
    await Deno.mkdir(drivers, { recursive: true });
  } catch (error) {
    throw writeError(error, drivers);
  }
  using lock = await Deno.open(join(drivers, "lock"), { write: true, create: true });
  await lock.lock(true);
  const arrived = await findDriver(options);
  if (arrived !== undefined) return arrived;
  const reasons: string[] = [];
  for (const kind of options.kinds) {
    try {
      return await provide(kind, drivers, options.say);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      reasons.push(`${kind}: ${reason}`);
    }
  }
  throw new UserError(
    `no Vulkan adapter answers and no software one could be provided (${reasons.join("; ")}); ` +
      "install one, on Debian and Ubuntu with: sudo apt-get install mesa-vulkan-drivers libvulkan1",
  );
}

async function findDriver(options: EnsureOptions): Promise<Driver | undefined> {
  for (const kind of options.kinds) {
    const driver = await loadDriver(join(options.cache, "driver", kind));
    if (driver !== undefined && await stillWorks(driver)) return driver;
  }
  return undefined;
}

/**
 * A driver also uses libraries of the system. When the package database changed since the last
 * check, the driver must prove again that it computes.
 */
async function stillWorks(driver: Driver): Promise<boolean> {
  const time = await databaseTime();
  if (time === driver.manifest.systemState) return true;
  if (typeof await checkAdapterIn(driverEnvironment(driver, undefined)) === "string") return false;
  await writeManifest(driver.folder, { ...driver.manifest, systemState: time });
  return true;
}

async function provide(
  kind: DriverKind,
  drivers: string,
  say: (line: string) => void,
): Promise<Driver> {
  const finalFolder = join(drivers, kind);
  const folder = join(drivers, `${kind}.partial`);
  const scratch = join(drivers, `${kind}.fetched`);
  await remove(folder);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.mkdir(scratch, { recursive: true });
  const manifest = await PROVIDERS[kind]({ folder, finalFolder, scratch, say });
  await remove(finalFolder);
  await Deno.rename(folder, finalFolder);
  const driver: Driver = { folder: finalFolder, manifest };
  const answer = await checkAdapterIn(driverEnvironment(driver, undefined));
  if (typeof answer === "string") {
    await remove(finalFolder);
    throw new Error(`${manifest.name} does not compute: ${answer}`);
  }
  await writeManifest(finalFolder, manifest);
  await remove(scratch);
  return driver;
}

async function remove(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
