import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { endPrograms, runProgram } from "./program.ts";

Deno.test("programs are ended, and one that has ended by itself is no error", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const started = `${folder}/started`;
    // The shell ends at once; what it started keeps its output open for a while.
    const gone = runProgram("sh", ["-c", 'sleep 0.4 & echo > "$0"', started]);
    const long = runProgram("sleep", ["60"]);
    const both = Promise.all([gone, long]);
    while (!await Deno.stat(started).then(() => true, () => false)) await sleep(5);
    do endPrograms(); while (await Promise.race([both.then(() => false), sleep(20, true)]));
    assert.equal((await long).ok, false);
    assert.match((await long).complaint, /^sleep ended with code/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
