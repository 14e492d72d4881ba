/** What a command and its launcher say to each other when a provided driver does not answer. */

/**
 * Exit code of a command that found no adapter although the launcher provided a driver: it has said
 * nothing and done nothing yet, so that the launcher may mend the driver and start it again.
 */
export const NO_ADAPTER = 69;

/** Whether the driver of that origin (`MEGA_DRIVER`) is one that the launcher provided. */
export function isProvided(origin: string | undefined): boolean {
  return origin !== undefined && origin !== "" && origin !== "system";
}
