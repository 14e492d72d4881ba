import { dirname, sep } from "node:path";

/** Folders of the system, with everything below them. */
const SYSTEM_TREES = [
  "/bin",
  "/boot",
  "/etc",
  "/lib",
  "/lib32",
  "/lib64",
  "/proc",
  "/sbin",
  "/sys",
  "/usr/bin",
  "/usr/include",
  "/usr/lib",
  "/usr/lib32",
  "/usr/lib64",
  "/usr/libexec",
  "/usr/sbin",
  "/usr/share",
  "/System",
  "/Library",
  "/Applications",
];

/** Folders that hold those of everybody, or of the system: a folder below is a choice, they are not. */
const SHARED = ["/dev", "/home", "/opt", "/root", "/run", "/usr", "/usr/local", "/var", "/Users"];

/** Whether a path is a folder or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

/**
 * Why a folder is not opened for writing: doing so for one file would hand over everything in it.
 *
 * @param folder Absolute, with links resolved.
 * @param home The user's home folder, where there is one.
 * @returns What the folder is, or undefined when it may be opened.
 */
export function whyGuarded(folder: string, home: string | undefined): string | undefined {
  if (dirname(folder) === folder) return "the root folder";
  if (folder === home) return "your whole home folder";
  const system = SHARED.includes(folder) || SYSTEM_TREES.some((tree) => isWithin(folder, tree));
  return system ? "a folder of the system" : undefined;
}
