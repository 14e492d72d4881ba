import assert from "node:assert/strict";
import { join } from "node:path";
import { findPrograms } from "./sweep_programs.ts";

Deno.test("the programs of a sweep are those that are there, the first of each in the search path", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [first, second] = [join(folder, "a"), join(folder, "b")];
    await Deno.mkdir(join(first, "sinfo"), { recursive: true });
    await Deno.mkdir(second);
    for (const path of [join(first, "sbatch"), join(second, "sbatch"), join(second, "sinfo")]) {
      await Deno.writeTextFile(path, "");
    }
    const found = findPrograms(["sbatch", "squeue", "sinfo"], `${first}::${second}`);
    assert.deepEqual(found, [join(first, "sbatch"), join(second, "sinfo")]);
    assert.deepEqual(findPrograms(["sbatch"], undefined), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
