import type { ResultRow } from "../results/schema_row.ts";

/** Peak learning rate of a run; `undefined` for a schedule without one. */
export function peakRate({ schedule }: ResultRow): number | undefined {
  const { peak } = schedule.configuration;
  return typeof peak === "number" ? peak : undefined;
}
