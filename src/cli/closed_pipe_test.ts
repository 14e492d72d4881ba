import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_ROOT } from "./paths.ts";

/** Runs a command of which nobody reads one of the outputs, and returns its code and the other. */
async function runUnread(args: readonly string[], unread: "stdout" | "stderr") {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--no-prompt",
      `--allow-read=${PROJECT_ROOT}`,
      "--allow-env",
      join(PROJECT_ROOT, "src/cli/main.ts"),
      ...args,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await child[unread].cancel();
  const rest = unread === "stdout" ? child.stderr : child.stdout;
  const [text, { code }] = await Promise.all([new Response(rest).text(), child.status]);
  return { code, text };
}

Deno.test("a command whose output nobody reads ends without a word and as by SIGPIPE", async () => {
  const ends = await Promise.all([
    runUnread(["bench", "--help"], "stdout"),
    runUnread(["bench", "--nonsense"], "stderr"),
  ]);
  for (const { code, text } of ends) assert.deepEqual({ code, text }, { code: 141, text: "" });
});
