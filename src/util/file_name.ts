/** Names of files made of names that anybody may have chosen. */

/** Names that mean devices on Windows, with any extension. */
const DEVICES = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

/** Longest name; with a suffix and an extension it still fits every file system. */
const longest = 120;

/**
 * A name that is a plain file name on every system, inside the folder that it is used in: letters,
 * digits, `.`, `_` and `-` stay, everything else becomes `-`. Different names may give the same.
 *
 * @example safeFileName("../../evil") // "evil"
 */
export function safeFileName(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+/, "")
    .slice(0, longest).replace(/[.-]+$/, "");
  if (plain === "") return "unnamed";
  return DEVICES.test(plain) ? `_${plain}` : plain;
}

/**
 * Gives out {@link safeFileName}s that differ, also where a file system does not tell capitals from
 * small letters: the second `evil` becomes `evil-2`.
 */
export class FileNames {
  readonly #taken = new Set<string>();

  take(name: string): string {
    const safe = safeFileName(name);
    let unique = safe;
    for (let i = 2; this.#taken.has(unique.toLowerCase()); i++) unique = `${safe}-${i}`;
    this.#taken.add(unique.toLowerCase());
    return unique;
  }
}
