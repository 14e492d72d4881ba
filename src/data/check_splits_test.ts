import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { checkSplits } from "./check_splits.ts";
import { copyFolder, withFolder } from "./data_test_folder.ts";
import { loadCorpus } from "./lm/corpus_cache.ts";
import { countingSplit, recipeOf } from "./lm/lm_testing.ts";
import { dataEntry } from "./registry.ts";

const FIXTURES = `${import.meta.dirname}/../../fixtures`;

async function load(id: string, dataDir: string, cacheDir: string) {
  const entry = dataEntry(id);
  if (entry.kind !== "classification") throw new TypeError(`${id} is no classification`);
  return await entry.load({ profile: "smoke", cacheDir, dataDir });
}

Deno.test("a folder with three pictures is refused: validation and test would be empty", async () => {
  await withFolder(async (folder) => {
    const subset = "pathfinder32/curv_contour_length_14";
    await copyFolder(join(FIXTURES, "pathfinder", subset), join(folder, subset));
    await Deno.remove(join(folder, subset, "metadata/10.npy"));
    const listed = join(folder, subset, "metadata/2.npy");
    const [first] = (await Deno.readTextFile(listed)).split("\n");
    await Deno.writeTextFile(listed, `${first}\n`.repeat(3));
    const data = await load("pathfinder", folder, join(folder, "cache"));
    assert.throws(() => checkSplits(data), (error) => {
      assert.ok(error instanceof UserError);
      assert.equal(
        error.message,
        "pathfinder: too little data: valid and test would be empty (examples: train 3, valid 0, " +
          "test 0); add files to the data folder or fetch the official ones",
      );
      return true;
    });
  });
});

Deno.test("two reviews a class are too few to validate on; twenty are enough", async () => {
  await withFolder(async (folder) => {
    await copyFolder(join(FIXTURES, "text"), folder);
    checkSplits(await load("text", folder, join(folder, "cache")));
    for (const sentiment of ["neg", "pos"]) {
      const inside = join(folder, "aclImdb/train", sentiment);
      const names = Array.from(Deno.readDirSync(inside), ({ name }) => name);
      for (const name of names.slice(2)) await Deno.remove(join(inside, name));
    }
    const data = await load("text", folder, join(folder, "cache"));
    assert.throws(() => checkSplits(data), /^UserError: text: too little data: valid would be/);
  });
});

Deno.test("the text of a language model needs a token to predict", async () => {
  await withFolder(async (cacheDir) => {
    using data = await loadCorpus(recipeOf({ train: "a b c\n", valid: "a\n", test: "b\n" }), {
      cacheDir,
    });
    checkSplits(data);
    const splits = { ...data.splits, valid: countingSplit([1]) };
    assert.throws(
      () => checkSplits({ ...data, splits }),
      /tiny: too little data: valid would be empty \(tokens: train 4, valid 1, test 2\)/,
    );
  });
});
