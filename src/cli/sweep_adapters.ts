/** Makes sure that the adapters which a sweep was given are the ones that its jobs get. */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.ts";
import type { NamedAdapter } from "../sweep/adapters.ts";
import { PROJECT_ROOT } from "./paths.ts";

const answerSchema = z.object({
  description: z.string(),
  vendor: z.string(),
  device: z.string(),
}).nullable();

/** Prints what the first adapter says of itself. */
const QUESTION = `
const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
const info = adapter?.info;
console.log(JSON.stringify(info === undefined ? null : {
  description: info.description, vendor: info.vendor, device: info.device,
}));`;

/**
 * Asks, in a process as a job would have it, which adapter a name leads to.
 *
 * @param environment That of jobs.
 * @returns One line for people; `null` for names that the driver alone understands.
 * @throws {UserError} when the adapter with these PCI numbers is not the one that answers.
 */
async function checkAdapterName(
  { name, environment: own, pci }: NamedAdapter,
  environment: Readonly<Record<string, string>>,
): Promise<string | null> {
  if (pci === null) return null;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "--no-lock", QUESTION],
    cwd: join(PROJECT_ROOT, "src"),
    clearEnv: true,
    env: { DENO_WEBGPU_BACKEND: "vulkan", ...environment, ...own, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) throw new UserError(`--adapter ${name}: ${text(stderr).split("\n")[0]}`);
  const answer = answerSchema.parse(JSON.parse(text(stdout)));
  if (answer === null) {
    throw new UserError(`--adapter ${name}: Vulkan finds no adapter; deno task doctor says more`);
  }
  const { description, vendor, device } = answer;
  if (Number(vendor) === pci.vendor && Number(device) === pci.device) {
    return `adapter ${name}: ${description}`;
  }
  const hex = (value: string) => Number(value).toString(16).padStart(4, "0");
  throw new UserError(
    `--adapter ${name}: ${hex(vendor)}:${hex(device)} (${description}) answers instead: ` +
      "there is no such adapter, or it is not the first of its kind for Vulkan",
  );
}

/** Checks all adapters; see {@link checkAdapterName}. @returns Lines for people. */
export async function checkAdapters(
  adapters: readonly NamedAdapter[],
  environment: Readonly<Record<string, string>>,
): Promise<string[]> {
  const lines: string[] = [];
  for (const adapter of adapters) {
    const line = await checkAdapterName(adapter, environment);
    if (line !== null) lines.push(line);
  }
  return lines;
}
