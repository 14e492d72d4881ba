import { writeError } from "./atomic_write.ts";

/**
 * Makes a folder that appears under its name only when it is complete, replacing an older one:
 * `make` fills a temporary folder beside it, which is renamed in the end and removed on failure.
 *
 * @throws {UserError} when the folder cannot be written; what `make` throws.
 */
export async function makeFolderAtomic<T>(
  path: string,
  make: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.mkdir(temporary, { recursive: true });
    const made = await make(temporary);
    await Deno.remove(path, { recursive: true }).catch(() => undefined);
    await Deno.rename(temporary, path);
    return made;
  } catch (error) {
    await Deno.remove(temporary, { recursive: true }).catch(() => undefined);
    throw writeError(error, path);
  }
}
