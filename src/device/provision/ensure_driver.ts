import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { writeError } from "../../util/atomic_write.ts";
import { checkAdapterIn } from "./adapter_check.ts";
import { type Driver, driverEnvironment, type DriverManifest, writeManifest } from "./driver.ts";
import { type DriverProof, proveDriver, recordProof } from "./driver_proof.ts";
import { provideMesa } from "./mesa.ts";
import { databaseTime, type ProvideContext } from "./provide_context.ts";
import { provideSwiftShader } from "./swiftshader.ts";

/** The software drivers that can be provided, best first. */
export type DriverKind = "mesa" | "swiftshader";

/** Fills a folder with a driver. @throws {Error} with a one-line reason when it cannot. */
export type Provider = (context: ProvideContext) => Promise<DriverManifest>;

const PROVIDERS: Readonly<Record<DriverKind, Provider>> = {
  mesa: provideMesa,
  swiftshader: provideSwiftShader,
};

/**
 * Version of the drivers' folders, in their names: two checkouts that share a cache do not take
 * each other's driver for a damaged one.
 */
const LAYOUT = 2;

/** Options of {@link ensureDriver}. */
export interface EnsureOptions {
  /** The folder of all drivers; only the launcher writes to it. */
  readonly drivers: string;
  /** Which drivers may be provided, in order of preference. */
  readonly kinds: readonly DriverKind[];
  /** Receives one line for each thing that takes time or goes wrong. */
  readonly say: (line: string) => void;
  /** Compare all hashes now, however short ago that was done. */
  readonly verify?: boolean;
  /** What makes drivers and asks them to compute; the real ones unless told. */
  readonly providers?: Readonly<Record<DriverKind, Provider>>;
  readonly check?: typeof checkAdapterIn;
}

/**
 * Returns a software Vulkan driver from the cache, providing it first where there is none or where
 * it is damaged. Processes that do this at the same time wait for one another; an interrupted
 * attempt leaves nothing that could be mistaken for a driver, and its downloads are used by the
 * next one.
 *
 * @throws {UserError} when no driver can be provided.
 */
export async function ensureDriver(options: EnsureOptions): Promise<Driver> {
  const { drivers, kinds, say } = options;
  const cached = await findDriver(options);
  if (cached.driver !== undefined) return cached.driver;
  try {
    await Deno.mkdir(drivers, { recursive: true });
  } catch (error) {
    throw writeError(error, drivers);
  }
  using lock = await Deno.open(join(drivers, "lock"), { write: true, create: true });
  await lock.lock(true);
  // Meanwhile another process may have provided it.
  const { driver, damage } = await findDriver(options);
  if (driver !== undefined) return driver;
  for (const line of damage) say(`fetching the software driver again: ${line}`);
  const reasons: string[] = [];
  for (const kind of kinds) {
    try {
      return await provide(kind, options);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      reasons.push(`${kind}: ${reason}${certificateAdvice(reason)}`);
    }
  }
  throw new UserError(
    `no Vulkan adapter answers and no software one could be provided (${reasons.join("; ")}); ` +
      "install one, on Debian and Ubuntu with: sudo apt-get install mesa-vulkan-drivers libvulkan1",
  );
}

/** What to do where a proxy replaces certificates, which Deno does not trust by itself. */
export function certificateAdvice(reason: string): string {
  return /UnknownIssuer|invalid peer certificate/i.test(reason)
    ? " (behind a proxy that replaces certificates, set DENO_TLS_CA_STORE=system)"
    : "";
}

const folderOf = (kind: DriverKind, drivers: string) => join(drivers, `${kind}-${LAYOUT}`);

async function findDriver(options: EnsureOptions): Promise<DriverProof> {
  const { drivers, kinds, verify = false, check = checkAdapterIn } = options;
  const damage: string[] = [];
  for (const kind of kinds) {
    const proof = await proveDriver(folderOf(kind, drivers), { verify, check });
    if (proof.driver !== undefined) return proof;
    damage.push(...proof.damage);
  }
  return { driver: undefined, damage };
}

async function provide(kind: DriverKind, options: EnsureOptions): Promise<Driver> {
  const { drivers, say, providers = PROVIDERS, check = checkAdapterIn } = options;
  const finalFolder = folderOf(kind, drivers);
  const folder = join(drivers, `${kind}.partial`);
  const scratch = join(drivers, `${kind}.fetched`);
  await remove(folder);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.mkdir(scratch, { recursive: true });
  const systemState = await databaseTime();
  const manifest = await providers[kind]({ folder, finalFolder, scratch, say });
  await remove(finalFolder);
  await Deno.rename(folder, finalFolder);
  const driver: Driver = { folder: finalFolder, manifest };
  const answer = await check(driverEnvironment(driver, undefined));
  if (typeof answer === "string") {
    await remove(finalFolder);
    throw new Error(`${manifest.name} does not compute: ${answer}`);
  }
  await writeManifest(finalFolder, manifest);
  await recordProof(driver, { systemState, verifiedAt: Date.now() });
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
