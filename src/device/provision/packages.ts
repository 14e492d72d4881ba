/** A Debian package that apt would fetch. */
export interface DebPackage {
  readonly name: string;
  /** With the epoch, such as `1:15.0.6-4+b1`. */
  readonly version: string;
  /** The name of the file in apt's archive folder. */
  readonly file: string;
  /** Download size. */
  readonly bytes: number;
}

/**
 * Packages of the C library. A second copy beside the one that the running process has loaded would
 * crash it, so these always come from the system.
 */
const NEVER_UNPACKED: ReadonlySet<string> = new Set(["libc6", "libcrypt1", "libc-bin"]);

/** The range of Mesa major versions that this project accepts. */
export const MESA_MAJORS = { first: 22, last: 25 } as const;

/** Reads the output of `apt-get --print-uris install`; other lines are skipped. */
export function parsePrintUris(text: string): DebPackage[] {
  const packages: DebPackage[] = [];
  for (const line of text.split("\n")) {
    const match = /^'[^']+' (\S+_\S+_\S+\.deb) (\d+)( |$)/.exec(line);
    if (!match) continue;
    const file = match[1] ?? "";
    const [name = "", version = ""] = file.split("_");
    packages.push({
      name,
      version: decodeURIComponent(version),
      file,
      bytes: Number(match[2]),
    });
  }
  return packages;
}

/** Reads `dpkg-query -W -f='${Package} ${Status} ${Version}\n'`: what the system has installed. */
export function parseInstalled(text: string): Map<string, string> {
  const installed = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^(\S+) install ok installed (\S+)$/.exec(line);
    if (match) installed.set(match[1] ?? "", match[2] ?? "");
  }
  return installed;
}

/**
 * Splits the closure into what must be unpacked privately and what the system has already.
 *
 * @param compare Whether the first version is at least the second, by dpkg's ordering.
 */
export async function selectPackages(
  closure: readonly DebPackage[],
  installed: ReadonlyMap<string, string>,
  compare: (have: string, want: string) => Promise<boolean>,
): Promise<{ unpack: DebPackage[]; fromSystem: string[] }> {
  const unpack: DebPackage[] = [];
  const fromSystem: string[] = [];
  for (const wanted of closure) {
    const have = installed.get(wanted.name);
    if (
      NEVER_UNPACKED.has(wanted.name) ||
      (have !== undefined && (have === wanted.version || await compare(have, wanted.version)))
    ) {
      fromSystem.push(wanted.name);
    } else {
      unpack.push(wanted);
    }
  }
  return { unpack, fromSystem };
}

/**
 * Why a Mesa version is not acceptable, or undefined if it is. Mesa 26 with LLVM 22 is known to
 * miscompile compute kernels (wrong numbers, crashes); older than 22 lacks what WebGPU needs.
 */
export function refuseMesa(version: string): string | undefined {
  const major = Number(/^(?:\d+:)?(\d+)\./.exec(version)?.[1] ?? NaN);
  if (major >= MESA_MAJORS.first && major <= MESA_MAJORS.last) return undefined;
  return `Mesa ${version} is outside the tested range ${MESA_MAJORS.first} to ${MESA_MAJORS.last}` +
    (major > MESA_MAJORS.last ? " (Mesa 26 miscompiles compute kernels)" : "");
}
