import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../data/data_test_folder.ts";
import { readResult } from "../results/store.ts";
import { fixtureResult } from "../results/result_fixture.ts";
import { checkOutput, freeOutput, ResultFile } from "./result_output.ts";

Deno.test("a result that grows takes the place of what it was, but not of another", () =>
  withFolder(async (folder) => {
    const path = join(folder, "mine.json");
    const file = new ResultFile(path, false);
    assert.equal(file.path, undefined);
    for (const finishedAt of [null, "2026-01-31T12:12:30Z"]) {
      const result = { ...fixtureResult(), finishedAt };
      assert.equal(await file.write(result), path);
      assert.deepEqual(await readResult(path), result);
    }
    assert.equal(file.path, path);
    const other = new ResultFile(path, false);
    await assert.rejects(other.write(fixtureResult([])), /already exists/);
    assert.equal(other.path, undefined);
    await new ResultFile(path, true).write(fixtureResult([]));
    assert.deepEqual((await readResult(path)).rows, []);
  }));

Deno.test("results of the same second have names of their own", () =>
  withFolder(async (folder) => {
    const result = fixtureResult();
    const paths: string[] = [];
    for (let n = 0; n < 3; n++) {
      const path = await freeOutput(folder, result);
      await Deno.writeTextFile(path, "");
      paths.push(path);
    }
    assert.equal(new Set(paths).size, 3);
    assert.match(paths[2], /-3\.json$/);
  }));

Deno.test("looking whether an output can be written leaves nothing behind", () =>
  withFolder(async (folder) => {
    const path = join(folder, "new", "folders", "x.json");
    assert.equal(await checkOutput(path, false), path);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));
