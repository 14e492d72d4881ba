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
import { type AdapterAnswer, checkAdapter } from "../device/provision/adapter_check.ts";
import { driverEnvironment } from "../device/provision/driver.ts";
import { ensureDriver } from "../device/provision/ensure_driver.ts";
import { type AdapterChoice, chooseAdapter } from "./adapter_choice.ts";
import {
  gitEnvironment,
  hardwareEnvironment,
  systemDriverEnvironment,
  vulkanEnvironment,
} from "./child_environment.ts";
import { cacheFolder, cacheFolders, PROJECT_ROOT, type ReadEnv, RESULTS_FOLDER } from "./paths.ts";
import { permissionFlags } from "./permissions.ts";
import { resumedData } from "./resumed_data.ts";

const env: ReadEnv = (name) => Deno.env.get(name);

/** Commands that compute nothing on the device. */
const WITHOUT_ADAPTER: ReadonlySet<string> = new Set(["data", "diff", "merge", "tables", "report"]);

function say(line: string): void {
  console.error(line);
}

/** Finds an adapter, or provides one. @returns What the child's environment needs for it. */
async function prepareAdapter(
  command: string,
  choice: AdapterChoice,
  cache: string,
): Promise<Record<string, string>> {
  if (choice.when !== "always") {
    const answer = await systemAdapter();
    if (answer !== undefined) return await systemDriverEnvironment(answer);
    if (choice.when === "never" || Deno.build.os !== "linux") return {};
  }
  try {
    const driver = await ensureDriver({ cache, kinds: choice.kinds, say });
    return driverEnvironment(driver, env("LD_LIBRARY_PATH"));
  } catch (error) {
    // The doctor's business is to say what is missing, so it runs also where this fails.
    if (command !== "doctor" || !(error instanceof UserError)) throw error;
    say(error.message);
    return {};
  }
}

async function systemAdapter(): Promise<AdapterAnswer | undefined> {
  try {
    return await checkAdapter();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say(`the system's adapter is not usable (${reason}); looking for a software one`);
    return undefined;
  }
}

function kindOf(path: string): "file" | "folder" | "nothing" {
  try {
    return Deno.statSync(path).isDirectory ? "folder" : "file";
  } catch {
    return "nothing";
  }
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
async function childArguments(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<string[]> {
  const permissions = permissionFlags({
    command,
    args: command === "bench" ? [...args, ...await resumedData(args, cwd, RESULTS_FOLDER)] : args,
    cwd,
    root: PROJECT_ROOT,
    results: RESULTS_FOLDER,
    cache: cacheFolder(env),
    data: cacheFolders(env).data,
    temporary: env("TMPDIR") || "/tmp",
    goldens: env("MEGA_GOLDENS_TEXT"),
    kindOf,
  });
  if (command.startsWith("test")) {
    const files = command === "test:slow" && args.length === 0 ? slowTests(PROJECT_ROOT) : args;
    return ["test", "--no-check", ...permissions, ...files];
  }
  // Packages for comparisons, pages and the text `words` are not in the lock file: whatever it
  // lists is fetched by every first command.
  const optional = command === "report" || args.includes("kernels") ||
    args.some((arg) => /(?:^|[=,])(?:words|lm)(?:,|$)/.test(arg));
  const main = join(PROJECT_ROOT, "src/cli/main.ts");
  const lock = optional ? [] : [`--lock=${join(PROJECT_ROOT, "deno.lock")}`, "--frozen"];
  return ["run", "--no-check", ...lock, ...permissions, main, command, ...args];
}

/** Does a command compile far more than it runs? The fast tests and the smoke profile do. */
function isHurried(command: string, args: readonly string[]): boolean {
  const smoke = args.includes("smoke") || args.includes("--profile=smoke");
  return command === "test" || (command === "bench" && smoke);
}

/** Passes signals on to the child; returns a function that stops doing so. */
function forwardSignals(child: Deno.ChildProcess): () => void {
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  const listeners = signals.map((signal) => {
    const listener = () => {
      // A terminal sends Ctrl-C to the child as well; a second one would make it give up at once.
      if (signal === "SIGINT" && Deno.stdin.isTerminal()) return;
      try {
        child.kill(signal);
      } catch (error) {
        if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
      }
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  return () => listeners.forEach((stop) => stop());
}

async function launch(command: string, given: readonly string[]): Promise<number> {
  const { choice, rest } = chooseAdapter(given, env);
  const cache = cacheFolder(env);
  const needsAdapter = !WITHOUT_ADAPTER.has(command) &&
    !rest.some((arg) => arg === "--help" || arg === "-h");
  const vulkan = vulkanEnvironment(env, cache, isHurried(command, rest));
  if (Deno.build.os === "linux") {
    for (const [name, value] of Object.entries(vulkan)) Deno.env.set(name, value);
  }
  const adapter = needsAdapter ? await prepareAdapter(command, choice, cache) : {};
  const cwd = command.startsWith("test") ? PROJECT_ROOT : env("INIT_CWD") || Deno.cwd();
  const child = new Deno.Command(Deno.execPath(), {
    args: await childArguments(command, rest, cwd),
    cwd,
    env: {
      ...adapter,
      ...await gitEnvironment(PROJECT_ROOT),
      MEGA_CACHE: cache,
      ...(command === "doctor" ? await hardwareEnvironment() : {}),
      ...(command === "test:slow" ? { MEGA_SLOW: "1" } : {}),
    },
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const stop = forwardSignals(child);
  const { code } = await child.status;
  stop();
  return code;
}

if (import.meta.main) {
  const [command = "", ...args] = Deno.args;
  try {
    Deno.exit(await launch(command, args));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
