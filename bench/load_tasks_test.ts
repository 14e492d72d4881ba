import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../src/errors.ts";
import { loadTasks } from "./load_tasks.ts";

Deno.test("a data folder that is not there is an error, also of tasks that need none", async () => {
  const cacheDir = await Deno.makeTempDir();
  const dataDir = join(cacheDir, "none");
  for (const leaveOut of [false, true]) {
    const loading = loadTasks(["numbers"], {
      profile: "smoke",
      cacheDir,
      dataDir,
      print() {},
      leaveOut,
    });
    const expected = new UserError(`${dataDir}: no such file or folder`);
    await assert.rejects(loading, { name: expected.name, message: expected.message });
  }
  await Deno.remove(cacheDir, { recursive: true });
});
