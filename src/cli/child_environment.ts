import { join } from "node:path";
import { runProgram } from "../device/provision/program.ts";
import { isWritable } from "../util/writable.ts";
import type { AdapterAnswer } from "../device/provision/adapter_check.ts";
import { optionValue, readCommandLine } from "./path_table.ts";
import type { ReadEnv } from "./paths.ts";

/**
 * Vector width in bits that llvmpipe compiles kernels for, where the user's `LP_NATIVE_VECTOR_WIDTH`
 * does not say; `undefined` leaves the choice to the driver.
 */
export const LLVMPIPE_VECTOR_WIDTH: "256" | "512" | undefined = undefined;

/**
 * The variables of the Vulkan stack that every process of the harness starts with; those that the
 * user has set already are left alone.
 *
 * @param cache The harness's cache folder.
 * @param hurried Whether the command compiles much and runs little: llvmpipe then leaves out LLVM's
 * optimisation, which takes a third of the time of fast tests and smoke runs.
 */
export function vulkanEnvironment(
  env: ReadEnv,
  cache: string,
  hurried: boolean,
): Record<string, string> {
  const defaults: Record<string, string> = {
    // wgpu would also try OpenGL, whose compute support and timestamps are poorer.
    DENO_WEBGPU_BACKEND: "vulkan",
    // Without a runtime folder the loader's window-system code complains on the error output.
    XDG_RUNTIME_DIR: join(cache, "runtime"),
    MESA_SHADER_CACHE_DIR: join(cache, "shaders"),
    ...(LLVMPIPE_VECTOR_WIDTH === undefined
      ? {}
      : { LP_NATIVE_VECTOR_WIDTH: LLVMPIPE_VECTOR_WIDTH }),
    ...(hurried ? { GALLIVM_PERF: "nopt" } : {}),
  };
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => !env(name)));
}

/**
 * Does a command compile far more than it runs? The fast tests and the smoke profile do.
 *
 * @param resumed The profile of the run that `--resume` continues.
 */
export function isHurried(
  command: string,
  args: readonly string[],
  resumed: string | undefined,
): boolean {
  if (command === "test") return true;
  if (!["bench", "cell", "sweep"].includes(command)) return false;
  return (resumed ?? optionValue(readCommandLine(command, args), "--profile")) === "smoke";
}

/**
 * For a sweep, which starts programs: Deno lets a process with a list of programs hand on no
 * variable of the dynamic linker that is not empty. The launchers of the jobs find the search path
 * under another name.
 */
export function linkerEnvironment(all: Readonly<Record<string, string>>): Record<string, string> {
  const names = Object.keys(all).filter((name) => /^(LD|DYLD)_/.test(name) && all[name] !== "");
  return {
    ...Object.fromEntries(names.map((name) => [name, ""])),
    ...(all["LD_LIBRARY_PATH"] ? { MEGA_LIBRARY_PATH: all["LD_LIBRARY_PATH"] } : {}),
  };
}

/** Commit and state of the checkout for result files; empty outside of one or without git. */
export async function gitEnvironment(root: string): Promise<Record<string, string>> {
  // Nothing to lock: another git command may be at work in the same checkout.
  const env = { GIT_OPTIONAL_LOCKS: "0" };
  const git = (...args: string[]) => runProgram("git", ["-C", root, ...args], { env });
  const commit = await git("rev-parse", "HEAD");
  if (!commit.ok) return {};
  // Result files are this harness's output, not a change of it.
  const status = await git("status", "--porcelain", "--", ".", ":(exclude)results");
  return {
    MEGA_GIT_COMMIT: commit.stdout.trim(),
    MEGA_GIT_DIRTY: status.stdout.trim() === "" ? "0" : "1",
  };
}

/** Names the driver of an adapter that the system itself provides, as far as it can be found out. */
export async function systemDriverEnvironment(
  answer: AdapterAnswer,
): Promise<Record<string, string>> {
  return {
    MEGA_DRIVER_NAME: await systemDriver(answer) ?? "",
    MEGA_DRIVER: "system",
  };
}

async function systemDriver(answer: AdapterAnswer): Promise<string | undefined> {
  if (answer.vendor === "4318") {
    const smi = await runProgram(
      "nvidia-smi",
      ["--query-gpu=driver_version", "--format=csv,noheader"],
    );
    return smi.ok ? `NVIDIA ${smi.stdout.split("\n")[0]}` : undefined;
  }
  if (Deno.build.os !== "linux" || /swiftshader/i.test(answer.description)) return undefined;
  const mesa = await runProgram("dpkg-query", ["-W", "-f", "${Version}", "mesa-vulkan-drivers"]);
  return mesa.ok ? `Mesa ${mesa.stdout.trim()}` : undefined;
}

/**
 * What only the launcher may look at: whether it can write the folder of the drivers, and a GPU that
 * the machine has, whether or not Vulkan reaches it. Empty where neither is worth mention.
 */
export async function hardwareEnvironment(drivers: string): Promise<Record<string, string>> {
  return {
    ...(await isWritable(drivers) ? {} : { MEGA_UNWRITABLE: drivers }),
    ...await gpuEnvironment(),
  };
}

async function gpuEnvironment(): Promise<Record<string, string>> {
  const smi = await runProgram("nvidia-smi", ["--query-gpu=name", "--format=csv,noheader"]);
  if (smi.ok && smi.stdout.trim() !== "") {
    return { MEGA_HARDWARE: smi.stdout.split("\n")[0] ?? "" };
  }
  const nodes = await runProgram("ls", ["/dev/dri"]);
  const node = nodes.stdout.split("\n").find((name) => name.startsWith("renderD"));
  return node === undefined ? {} : { MEGA_HARDWARE: `the GPU at /dev/dri/${node}` };
}
