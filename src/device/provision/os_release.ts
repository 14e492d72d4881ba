/** What `/etc/os-release` says about a Linux distribution. */
export interface Distribution {
  /** `ID`, such as `debian` or `ubuntu`; `linux` where the file does not say. */
  readonly id: string;
  /** `VERSION_ID`, such as `12` or `24.04`; empty for rolling releases. */
  readonly version: string;
  /** `VERSION_CODENAME`, the name of the main package suite, such as `bookworm`. */
  readonly codename: string;
}

/**
 * Reads the fields that name the package suites out of an os-release file.
 *
 * @param text The content of `/etc/os-release` (os-release(5): shell-like assignments).
 */
export function parseOsRelease(text: string): Distribution {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^\s*([A-Z_]+)=(["']?)(.*?)\2\s*$/.exec(line);
    if (match) fields.set(match[1] ?? "", match[3] ?? "");
  }
  return {
    id: fields.get("ID") || "linux",
    version: fields.get("VERSION_ID") ?? "",
    codename: fields.get("VERSION_CODENAME") ?? "",
  };
}
