/** Makes sure that the adapters which a sweep was given are the ones that its jobs get. */
import { z } from "zod";
import { UserError } from "../errors.ts";
import { type NamedAdapter, pciNumbers } from "../sweep/adapters.ts";
import { PROJECT_ROOT } from "./paths.ts";

const answerSchema = z.strictObject({
  description: z.string(),
  /** PCI numbers in decimal. */
  vendor: z.string(),
  device: z.string(),
}).nullable();
type Answer = NonNullable<z.infer<typeof answerSchema>>;

/** Prints what the adapter that a job would take says of itself. */
const QUESTION = `
const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
const info = adapter?.info;
console.log(JSON.stringify(info === undefined ? null : {
  description: info.description, vendor: info.vendor, device: info.device,
}));`;

const EVAL = ["eval", "--no-config", "--no-lock"];

/**
 * Asks the question one process further, which may find the loader where the user keeps libraries:
 * a process that may start listed programs only, as a sweep, cannot say that itself.
 */
const WITH_LIBRARIES = `
const child = new Deno.Command(Deno.execPath(), {
  args: ${JSON.stringify([...EVAL, QUESTION])},
  env: { LD_LIBRARY_PATH: Deno.env.get("MEGA_LIBRARY_PATH") ?? "" },
  stdout: "inherit",
  stderr: "inherit",
});
Deno.exit((await child.output()).code);`;

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();

const hexOf = ({ vendor, device }: Answer) =>
  [vendor, device].map((number) => Number(number).toString(16).padStart(4, "0")).join(":");

/** Asks in a process like that of a job: a process sees the adapters of when it started. */
async function ask(
  { name, environment: own }: NamedAdapter,
  environment: Readonly<Record<string, string>>,
): Promise<Answer> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...EVAL, WITH_LIBRARIES],
    cwd: PROJECT_ROOT,
    clearEnv: true,
    env: { DENO_WEBGPU_BACKEND: "vulkan", ...environment, ...own, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) throw new UserError(`--adapter ${name}: ${text(stderr).split("\n")[0]}`);
  const answer = answerSchema.parse(JSON.parse(text(stdout)));
  if (answer !== null) return answer;
  throw new UserError(`--adapter ${name}: Vulkan finds no adapter; deno task doctor says more`);
}

/**
 * Asks which adapters the names lead to. Software adapters are left to the launcher of each job,
 * which provides their drivers.
 *
 * @param environment That of jobs.
 * @returns Lines for people.
 * @throws {UserError} when another adapter answers than the one named, or several kinds do.
 */
export async function checkAdapters(
  adapters: readonly NamedAdapter[],
  environment: Readonly<Record<string, string>>,
): Promise<string[]> {
  const lines: string[] = [];
  let first: { readonly name: string; readonly answer: Answer } | undefined;
  for (const adapter of adapters) {
    const { name, kind } = adapter;
    if (kind === "software") continue;
    const answer = await ask(adapter, environment);
    const shown = `${answer.description} (${hexOf(answer)})`;
    const { vendor, device } = pciNumbers(name);
    if (
      kind === "pci" && (Number(answer.vendor) !== vendor || Number(answer.device) !== device)
    ) {
      throw new UserError(
        `--adapter ${name}: ${shown} answers instead: Vulkan finds no such adapter, or prefers this`,
      );
    }
    first ??= { name, answer };
    if (hexOf(first.answer) !== hexOf(answer)) {
      throw new UserError(
        `--adapter: ${first.name} and ${name} lead to adapters of several kinds ` +
          `(${hexOf(first.answer)}, ${hexOf(answer)}): make a sweep for each`,
      );
    }
    lines.push(`adapter ${name}: ${shown}`);
  }
  return lines;
}
