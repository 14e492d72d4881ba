import { cpus } from "node:os";
import type { AdapterRates, AdapterRecord, Environment } from "./schema_environment.ts";

/** What {@link collectEnvironment} found, and what it could not find. */
export interface CollectedEnvironment {
  environment: Environment;
  /** One line per fact that could not be read. */
  warnings: string[];
}

/** Options of {@link collectEnvironment}. */
export interface EnvironmentOptions {
  /** Folder whose git checkout is recorded; the harness itself unless told. */
  root?: string;
  /** Probed rates of the adapter, when there are any. */
  rates?: AdapterRates | null;
}

/**
 * Records code, runtime and machine for a result. Facts that cannot be read (no git, no permission)
 * become null and a warning. The origin of the driver comes from the environment variable
 * MEGA_DRIVER. Host and user names are never recorded.
 *
 * @param adapter What the device layer knows about the adapter in use.
 */
export async function collectEnvironment(
  adapter: Omit<AdapterRecord, "driverOrigin">,
  options: EnvironmentOptions = {},
): Promise<CollectedEnvironment> {
  const warnings: string[] = [];
  const environment: Environment = {
    git: await readGit(options.root, warnings),
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    typescript: Deno.version.typescript,
    os: {
      name: Deno.build.os,
      release: attempt("operating system release", warnings, () => Deno.osRelease()),
      architecture: Deno.build.arch,
    },
    cpu: {
      model: attempt("processor model", warnings, readCpuModel),
      cores: navigator.hardwareConcurrency,
    },
    adapter: { ...adapter, driverOrigin: readDriverOrigin() },
    rates: options.rates ?? null,
  };
  if (compilesUnoptimised()) warnings.push(hurryWarning);
  return { environment, warnings };
}

/** Whether the software driver leaves out its optimisation, as in smoke runs and fast tests. */
export function compilesUnoptimised(): boolean {
  return /\bnopt\b/.test(readVariable("GALLIVM_PERF") ?? "");
}

const hurryWarning =
  "shaders were compiled without optimisation (GALLIVM_PERF=nopt): speeds are not the adapter's";
const dirtyWarning = "the checkout has uncommitted changes: the commit does not name the code";

async function readGit(root: string | undefined, warnings: string[]): Promise<Environment["git"]> {
  // The launcher reads the checkout for its child, which may not run programs.
  const recorded = root === undefined ? readVariable("MEGA_GIT_COMMIT") : undefined;
  if (recorded !== undefined) {
    const dirty = readVariable("MEGA_GIT_DIRTY") === "1";
    if (dirty) warnings.push(dirtyWarning);
    return { commit: recorded, dirty };
  }
  try {
    const folder = root ?? import.meta.dirname ?? ".";
    const commit = (await git(folder, "rev-parse", "HEAD")).trim();
    const dirty = (await git(folder, "status", "--porcelain")).trim() !== "";
    if (dirty) warnings.push(dirtyWarning);
    return { commit, dirty };
  } catch (error) {
    warnings.push(`git commit not recorded: ${reasonOf(error)}`);
    return { commit: null, dirty: null };
  }
}

async function git(root: string, ...args: string[]): Promise<string> {
  const command = new Deno.Command("git", {
    args: ["-C", root, ...args],
    stdin: "null",
    // Nothing to lock: another git command may be at work in the same checkout.
    env: { GIT_OPTIONAL_LOCKS: "0" },
  });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim() || "git failed");
  return new TextDecoder().decode(stdout);
}

function readCpuModel(): string | null {
  return cpus()[0]?.model.trim() || null;
}

/** Value of an environment variable that may be read and is not empty. */
function readVariable(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return (state === "granted" ? Deno.env.get(variable) : undefined) || undefined;
}

function readDriverOrigin(): string {
  return readVariable("MEGA_DRIVER") ?? "system";
}

function attempt<T>(what: string, warnings: string[], read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    warnings.push(`${what} not recorded: ${reasonOf(error)}`);
    return null;
  }
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0];
}
