/** Running commands as a user does, in tests. */
import { join } from "node:path";
import { PROJECT_ROOT } from "./paths.ts";

/** How a command ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command that may read the project and a folder.
 *
 * @param input What its standard input holds.
 * @param writes Whether it may write to the folder.
 */
export async function runCommand(
  folder: string,
  args: readonly string[],
  input = "",
  writes = false,
): Promise<Outcome> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--no-prompt",
      `--allow-read=${PROJECT_ROOT},${folder}`,
      ...(writes ? [`--allow-write=${folder}`] : []),
      "--allow-env",
      "--allow-sys",
      join(PROJECT_ROOT, "src/cli/main.ts"),
      ...args,
    ],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const written = ReadableStream.from([new TextEncoder().encode(input)]).pipeTo(child.stdin)
    // A command that refuses its options reads nothing.
    .catch(() => {});
  const { code, stdout, stderr } = await child.output();
  await written;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
