/**
 * Starts a command of the harness in a process of its own that has a working Vulkan driver and no
 * more permissions than it needs. A process sees only the drivers that its environment named when
 * it started, so the choice of the driver has to happen here, one process earlier.
 *
 * The launcher itself may start programs without restriction: Deno demands that for a child that
 * is given `LD_LIBRARY_PATH`. Everything else runs in the restricted child.
 */
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { endPrograms } from "../device/provision/program.ts";
import { slurmPrograms } from "../sweep/slurm_programs.ts";
import { type Adapter, prepareAdapter } from "./adapter.ts";
import { chooseAdapter } from "./adapter_choice.ts";
import {
  gitEnvironment,
  hardwareEnvironment,
  isHurried,
  linkerEnvironment,
  vulkanEnvironment,
} from "./child_environment.ts";
import { END_WITH_PARENT, watchParent } from "./end_with_parent.ts";
import {
  cacheFolder,
  cacheFolders,
  cellsFolder,
  PROJECT_ROOT,
  type ReadEnv,
  realPath,
  RESULTS_FOLDER,
} from "./paths.ts";
import { permissionFlags } from "./permissions.ts";
import { type ResumedRun, resumedRun } from "./resumed_run.ts";
import { runMending } from "./run_mending.ts";
import { findPrograms } from "./sweep_programs.ts";
import { Supervisor } from "./supervisor.ts";

const env: ReadEnv = (name) => Deno.env.get(name);

/** Commands that compute nothing on the device. */
const WITHOUT_ADAPTER: ReadonlySet<string> = new Set([
  "data",
  "diff",
  "merge",
  "report",
  "sweep",
  "tables",
]);

/** Milliseconds that a command is given to end; a sweep's jobs get theirs from their own launcher. */
const GRACE = { command: 4000, sweep: 4500 };

function say(line: string): void {
  console.error(line);
}

/** Test files that the fast tests leave out. */
function slowTests(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    if (isDirectory) return name.startsWith(".") ? [] : slowTests(path);
    return name.endsWith("_slow_test.ts") ? [path] : [];
  });
}

/** The arguments with which Deno runs a command in the child. */
function childArguments(
  command: string,
  args: readonly string[],
  cwd: string,
  resumed: ResumedRun | undefined,
): string[] {
  const { data, driver } = cacheFolders(env);
  const permissions = permissionFlags({
    command,
    args,
    cwd,
    root: PROJECT_ROOT,
    results: RESULTS_FOLDER,
    cache: cacheFolder(env),
    data,
    driver,
    home: env("HOME") || env("USERPROFILE"),
    temporary: env("TMPDIR") || "/tmp",
    goldens: env("MEGA_GOLDENS_TEXT"),
    resumed,
    programs: [Deno.execPath(), ...findPrograms(slurmPrograms, env("PATH"))],
    realPath,
  });
  if (command.startsWith("test")) {
    const files = command === "test:slow" && args.length === 0 ? slowTests(PROJECT_ROOT) : args;
    return ["test", "--no-check", ...permissions, ...files];
  }
  // Packages for comparisons, pages and the text `words` are not in the lock file: whatever it
  // lists is fetched by every first command.
  const optional = command === "report" || args.includes("kernels") ||
    args.some((arg) => /(?:^|[=,])(?:words|lm)(?:,|$)/.test(arg)) ||
    resumed?.tasks.includes("words");
  const main = join(PROJECT_ROOT, "src/cli/main.ts");
  const lock = optional ? [] : [`--lock=${join(PROJECT_ROOT, "deno.lock")}`, "--frozen"];
  return ["run", "--no-check", ...lock, ...permissions, main, command, ...args];
}

async function launch(command: string, given: readonly string[]): Promise<number> {
  const { choice, rest } = chooseAdapter(given, env);
  using supervisor = new Supervisor({
    grace: command === "sweep" ? GRACE.sweep : GRACE.command,
    terminal: Deno.stdin.isTerminal(),
    beforeChild: endPrograms,
    say,
  });
  if (env(END_WITH_PARENT)) watchParent(() => supervisor.end("SIGTERM"));
  const cache = cacheFolder(env);
  const cwd = command.startsWith("test") ? PROJECT_ROOT : env("INIT_CWD") || Deno.cwd();
  const resumed = command === "bench"
    ? await resumedRun(rest, cwd, cellsFolder(undefined))
    : undefined;
  // Before anything is fetched: what is wrong with the command line shows here.
  const args = childArguments(command, rest, cwd, resumed);
  const needsAdapter = !WITHOUT_ADAPTER.has(command) &&
    !rest.some((arg) => arg === "--help" || arg === "-h");
  const vulkan = vulkanEnvironment(env, cache, isHurried(command, rest, resumed?.profile));
  if (Deno.build.os === "linux" && command !== "sweep") {
    for (const [name, value] of Object.entries(vulkan)) Deno.env.set(name, value);
  }
  const { driver: drivers } = cacheFolders(env);
  const request = { command, choice, drivers, say, libraryPath: linkerPath() };
  const adapter = needsAdapter ? await prepareAdapter(request) : undefined;
  const common = {
    ...await gitEnvironment(PROJECT_ROOT),
    MEGA_CACHE: cache,
    ...(command === "doctor" ? await hardwareEnvironment(drivers) : {}),
    ...(command === "sweep" ? linkerEnvironment(Deno.env.toObject()) : {}),
    ...(command === "test:slow" ? { MEGA_SLOW: "1" } : {}),
  };
  const run = (environment: Adapter["environment"]) =>
    supervisor.run({
      program: Deno.execPath(),
      args,
      cwd,
      env: { ...environment, ...common },
    });
  return await runMending({ adapter, run, ending: () => supervisor.ending, say });
}

/** `LD_LIBRARY_PATH`, also that of a sweep, which must not hand it on itself. */
function linkerPath(): string | undefined {
  return env("LD_LIBRARY_PATH") || env("MEGA_LIBRARY_PATH");
}

if (import.meta.main) {
  const [command = "", ...args] = Deno.args;
  try {
    Deno.exit(await launch(command, args));
  } catch (error) {
    if (args.includes("--verbose")) throw error;
    const user = error instanceof UserError;
    const message = error instanceof Error ? error.message : String(error);
    say(user ? `error: ${message}` : `internal error: ${message} (--verbose shows where)`);
    Deno.exit(user ? 2 : 70);
  }
}
