import { UserError } from "../errors.ts";

/**
 * Says how to open folders that only the content of others names: a command may read no folder that
 * its command line does not name.
 *
 * @param source What names the folder.
 * @throws {UserError} instead of an error of a missing permission; other errors as they are.
 */
export async function withUnnamedFolder<T>(source: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const cause = error instanceof UserError ? error.cause : error;
    if (!(cause instanceof Deno.errors.NotCapable)) throw error;
    throw new UserError(
      `${source}: its cells are in a folder that was not named: add --cells with that folder`,
      { cause: error },
    );
  }
}
