import { UserError } from "../errors.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "is a folder, expected a file",
  ENOTDIR: "a part of the path is not a folder",
  ELOOP: "links that lead in a circle",
  ENAMETOOLONG: "the name is too long",
};

/** A command may only read what exists and is named on its command line when it starts. */
const REFUSED = "no such file or folder, or outside the folders that this command may read";

/** Turns a failed read of `path` into a one-line UserError when the user can mend it. */
export function readError(error: unknown, path: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reason = error instanceof Deno.errors.NotCapable ? REFUSED : REASONS[code];
  return reason === undefined ? error : new UserError(`${path}: ${reason}`, { cause: error });
}

/** What `opening` gives, undefined when there is nothing at `path`; other failures as {@link readError}. */
export async function ifPresent<T>(path: string, opening: Promise<T>): Promise<T | undefined> {
  try {
    return await opening;
  } catch (error) {
    const cause = error instanceof UserError ? error.cause : error;
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw readError(error, path);
  }
}

/** Whether there is anything at `path`; failures as {@link readError}. */
export async function isPresent(path: string): Promise<boolean> {
  return await ifPresent(path, Deno.stat(path)) !== undefined;
}
