import { join } from "node:path";
import { type AptSource, parseDeb822, parseOneLine, renderDeb822 } from "./apt_sources.ts";
import { runProgram } from "./program.ts";

/**
 * The configuration for an apt whose whole state lies in one folder: it reads the system's keys and
 * proxy settings, but neither its lists nor its package state, and it runs none of its hooks. No
 * privilege is needed and nothing outside the folder changes.
 */
export function aptConfiguration(folder: string, architecture: string): string {
  return [
    `Dir::Etc::sourcelist "/dev/null";`,
    `Dir::Etc::sourceparts "${join(folder, "sources")}";`,
    `Dir::Etc::preferences "/dev/null";`,
    `Dir::Etc::preferencesparts "${join(folder, "preferences")}";`,
    `Dir::State "${join(folder, "state")}";`,
    `Dir::State::lists "${join(folder, "state/lists")}";`,
    `Dir::State::status "${join(folder, "state/status")}";`,
    `Dir::Cache "${join(folder, "cache")}";`,
    `Dir::Log "${join(folder, "log")}";`,
    // As root, apt would otherwise fetch as a user who cannot write to this folder.
    `APT::Sandbox::User "root";`,
    `APT::Install-Recommends "false";`,
    `Acquire::Languages "none";`,
    `Acquire::Retries "3";`,
    `Acquire::http::Timeout "20";`,
    `Acquire::https::Timeout "20";`,
    `Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";`,
    `#clear APT::Update::Pre-Invoke;`,
    `#clear APT::Update::Post-Invoke;`,
    `#clear APT::Update::Post-Invoke-Success;`,
    `#clear APT::Architectures;`,
    `APT::Architectures { "${architecture}"; };`,
    "",
  ].join("\n");
}

/** A private apt, set up in a folder; signatures and hashes are checked by apt with the system's keys. */
export class PrivateApt {
  /** The folder that `download` fills. */
  readonly archives: string;

  private constructor(private readonly folder: string) {
    this.archives = join(folder, "archives");
  }

  /** Prepares the folder, or reuses what an interrupted attempt left in it. */
  static async create(
    folder: string,
    sources: readonly AptSource[],
    architecture: string,
  ): Promise<PrivateApt> {
    const apt = new PrivateApt(folder);
    const parts = ["sources", "preferences", "log", "archives", "state/lists/partial"];
    for (const part of [...parts, "cache/archives/partial"]) {
      await Deno.mkdir(join(folder, part), { recursive: true });
    }
    await Deno.writeTextFile(join(folder, "state/status"), "");
    await Deno.writeTextFile(join(folder, "sources/driver.sources"), renderDeb822(sources));
    await Deno.writeTextFile(join(folder, "apt.conf"), aptConfiguration(folder, architecture));
    return apt;
  }

  /** Fetches the package lists. @returns Why it failed, or undefined. */
  async update(): Promise<string | undefined> {
    const result = await this.#run(["-o", "APT::Update::Error-Mode=any", "update"]);
    return result.ok ? undefined : result.complaint;
  }

  /** The dependency closure of packages as `--print-uris` prints it. */
  closure(suite: string, packages: readonly string[]) {
    return this.#run(["-y", "-t", suite, "--print-uris", "install", ...packages]);
  }

  /** Downloads exact versions into {@link archives}. @returns Why it failed, or undefined. */
  async download(packages: readonly { name: string; version: string }[]) {
    const wanted = packages.map(({ name, version }) => `${name}=${version}`);
    const result = await this.#run(["download", ...wanted]);
    return result.ok ? undefined : result.complaint;
  }

  #run(args: readonly string[]) {
    const config = join(this.folder, "apt.conf");
    return runProgram("apt-get", ["-c", config, "-q", ...args], { cwd: this.archives });
  }
}

/** Reads all package sources that the machine names. Missing and unreadable files count as empty. */
export async function readSystemSources(etc = "/etc/apt"): Promise<AptSource[]> {
  const read = (path: string) => Deno.readTextFile(path).catch(() => "");
  const sources = parseOneLine(await read(join(etc, "sources.list")));
  const parts = join(etc, "sources.list.d");
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(parts)) names.push(entry.name);
  } catch {
    return sources;
  }
  for (const name of names.sort()) {
    if (name.endsWith(".list")) sources.push(...parseOneLine(await read(join(parts, name))));
    if (name.endsWith(".sources")) sources.push(...parseDeb822(await read(join(parts, name))));
  }
  return sources;
}
