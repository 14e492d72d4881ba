/** When a provided driver was last proved to be sound, and proving it again where that is due. */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../errors.ts";
import { readSealed, type SealedFormat, writeSealed } from "../../util/sealed_file.ts";
import type { checkAdapterIn } from "./adapter_check.ts";
import { type Driver, driverEnvironment, findDamage, loadDriver } from "./driver.ts";
import { databaseTime } from "./provide_context.ts";

const proofFormat = {
  format: "mega-webgpu/driver-proof-1",
  schema: z.strictObject({
    systemState: z.number().describe("Modification time of the package database; 0 without one"),
    verifiedAt: z.number().describe("When all hashes were compared, milliseconds since 1970"),
  }),
} satisfies SealedFormat<unknown>;

const PROOF = "proof.json";

/** How long compared hashes are good for, in milliseconds: a day. */
const GOOD_FOR = 24 * 60 * 60 * 1000;

/** A driver that can be used, or else what is damaged; no damage where there was no driver. */
export interface DriverProof {
  readonly driver: Driver | undefined;
  readonly damage: readonly string[];
}

/** Remembers what was proved, beside the driver. */
export async function recordProof(
  { folder }: Driver,
  proof: z.infer<typeof proofFormat.schema>,
): Promise<void> {
  try {
    await writeSealed(join(folder, PROOF), proofFormat, proof);
  } catch (error) {
    // A cache that cannot be written is good to read: its driver is proved again by every command.
    if (!(error instanceof UserError)) throw error;
  }
}

/** How {@link proveDriver} proves. */
export interface ProofOptions {
  /** Compare hashes now, however short ago that was done. */
  readonly verify: boolean;
  readonly check: typeof checkAdapterIn;
  /** Milliseconds since 1970; the clock's unless told. */
  readonly now?: number;
}

/**
 * Loads the driver of a folder, if it is sound: sizes and times always, all hashes once a day. It
 * also uses libraries of the system: when the package database changed since the last proof, it
 * must show again that it computes.
 */
export async function proveDriver(
  folder: string,
  { verify, check, now = Date.now() }: ProofOptions,
): Promise<DriverProof> {
  const driver = await loadDriver(folder);
  if (driver === undefined) return { driver: undefined, damage: [] };
  if ("damage" in driver) return { driver: undefined, damage: [driver.damage] };
  // Whatever is wrong with the record, the remedy is the same: prove it all.
  const proof = await readSealed(join(folder, PROOF), proofFormat).catch(() => undefined);
  const systemState = await databaseTime();
  const age = now - (proof?.verifiedAt ?? 0);
  const verified = !verify && age >= 0 && age < GOOD_FOR;
  const computes = systemState === proof?.systemState;
  if (verified && computes) return { driver, damage: [] };
  if (!verified) {
    const damage = await findDamage(driver);
    if (damage !== undefined) return { driver: undefined, damage: [damage] };
  }
  if (!computes) {
    const answer = await check(driverEnvironment(driver, undefined));
    if (typeof answer === "string") {
      const why = `${driver.manifest.name} no longer works with this system: ${answer}`;
      return { driver: undefined, damage: [why] };
    }
  }
  await recordProof(driver, {
    systemState,
    verifiedAt: verified ? proof?.verifiedAt ?? now : now,
  });
  return { driver, damage: [] };
}
