/** Makes a second name for a file, as `Deno.link` does. */
export type Link = (path: string, name: string) => Promise<void>;

/**
 * Gives a complete temporary file its name in one step unless the name is taken: of several
 * processes, also on several hosts, exactly one gets it. Where there are no hard links the name is
 * reserved by an empty file, which the temporary file then replaces.
 *
 * @param link For tests.
 * @returns Whether the name was free; then the temporary name is gone.
 */
export async function publishNew(
  temporary: string,
  path: string,
  link: Link = Deno.link,
): Promise<boolean> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw error;
    if (!(error instanceof Deno.errors.AlreadyExists)) return await reserve(temporary, path);
    // A network file system asks again when an answer was lost, and finds its own link.
    if ((await Deno.stat(temporary)).nlink !== 2) return false;
  }
  await Deno.remove(temporary);
  return true;
}

async function reserve(temporary: string, path: string): Promise<boolean> {
  try {
    (await Deno.open(path, { write: true, createNew: true })).close();
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
  try {
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(path).catch(() => undefined);
    throw error;
  }
  return true;
}
