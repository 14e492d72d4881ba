/** What a way of providing a driver is given. */
export interface ProvideContext {
  /** Empty folder to fill; it is renamed to `finalFolder` when complete. */
  readonly folder: string;
  readonly finalFolder: string;
  /** Scratch space that survives an interruption, so that downloads continue. */
  readonly scratch: string;
  /** Why a driver is needed, to begin the line that tells the user what is fetched. */
  readonly why: string;
  /** Tells the user, in one line, what is about to happen. */
  readonly say: (line: string) => void;
}

const PACKAGE_DATABASE = "/var/lib/dpkg/status";

/**
 * When the system's packages last changed, in milliseconds since 1970; 0 without a package database.
 * Until then, the system's libraries are the same that a provided driver was checked with.
 */
export async function databaseTime(): Promise<number> {
  const info = await Deno.stat(PACKAGE_DATABASE).catch(() => undefined);
  return info?.mtime?.getTime() ?? 0;
}
