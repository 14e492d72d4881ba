import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { UserError } from "../errors.ts";

export { withFolder } from "../util/folder_testing.ts";

/** Copies a folder with everything in it. */
export async function copyFolder(from: string, to: string): Promise<void> {
  for await (const entry of Deno.readDir(from)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory) await copyFolder(source, target);
    else {
      await Deno.mkdir(dirname(target), { recursive: true });
      await Deno.copyFile(source, target);
    }
  }
}

/** Fails unless a promise is rejected with a UserError of one line that matches. */
export async function rejectsInOneLine(promise: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, message);
    assert.ok(!error.message.includes("\n"));
    return true;
  });
}
