import { migrateFirst } from "./migrate_first.ts";
import type { UncheckedObject } from "./unchecked.ts";

/** Turns a result of one version into the next; keyed by the version that it reads. */
export type MigrationTable = Readonly<
  Record<number, (old: UncheckedObject) => UncheckedObject>
>;

/** Migrations of the result format. */
export const resultMigrations: MigrationTable = { 1: migrateFirst };

/**
 * Applies migrations one version at a time until `current` is reached and sets `version`
 * accordingly. The input is left as it was.
 *
 * @returns The migrated object, or null when a step is missing.
 */
export function migrate(
  old: UncheckedObject,
  version: number,
  current: number,
  table: MigrationTable,
): UncheckedObject | null {
  let value = old;
  for (let at = version; at < current; at++) {
    const step = table[at];
    if (step === undefined) return null;
    value = { ...step(structuredClone(value)), version: at + 1 };
  }
  return value;
}
