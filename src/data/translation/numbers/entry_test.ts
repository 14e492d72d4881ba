import assert from "node:assert/strict";
import { join } from "node:path";
import { generateData, listData, verifyData } from "../../commands.ts";
import { rejectsInOneLine, withFolder } from "../../data_test_folder.ts";
import { corpusEntry, translationEntry } from "../../registry.ts";
import { EOS_ID, UNK_ID } from "../../vocabulary.ts";
import { textPipeline } from "../text_pipeline.ts";

const DE_EN = { source: "de", target: "en" } as const;

Deno.test("numbers are generated once, for both directions, and verified", async () => {
  await withFolder(async (folder, lines, print) => {
    const context = { cacheDir: join(folder, "cache"), dataDir: join(folder, "none"), print };
    const hash = await generateData({ ...context, id: "numbers", profile: "smoke" });
    assert.ok(lines.includes(`numbers: test: 100 sentence pairs, sha256 ${hash?.test}`));
    const before = lines.length;
    using data = await translationEntry("numbers").load({ ...context, profile: "smoke" });
    using back = await translationEntry("numbers").load({
      ...context,
      profile: "smoke",
      direction: DE_EN,
    });
    assert.equal(lines.length, before, "nothing is made again");
    assert.deepEqual(data.hash, hash);
    assert.notEqual(back.hash.test, data.hash.test);
    assert.deepEqual(back.splits.test.source.sentence(7), data.splits.test.target.sentence(7));
    assert.ok(await verifyData({ ...context, ids: ["numbers"] }));
    assert.equal(lines.at(-1), "1 checked, 0 damaged");
  });
});

Deno.test("text, tokens and pipeline of numbers belong together, without unknown words", async () => {
  await withFolder(async (folder) => {
    using data = await translationEntry("numbers").load({ cacheDir: folder, profile: "smoke" });
    const { dictionary, splits, direction } = data;
    assert.ok(dictionary.size < 600 && dictionary.size > 200);
    assert.equal(splits.train.text, undefined);
    const pipeline = textPipeline(data.pipelineSpec);
    for (const name of ["valid", "test"] as const) {
      for (const side of ["source", "target"] as const) {
        const { count, lengths } = splits[name][side];
        const text = splits[name].text?.[side] ?? [];
        assert.equal(text.length, count);
        for (const [i, line] of text.entries()) {
          const ids = splits[name][side].sentence(i);
          assert.ok(!ids.includes(UNK_ID));
          assert.equal(ids.at(-1), EOS_ID);
          assert.equal(ids.length, lengths[i]);
          assert.equal(dictionary.string(ids), pipeline.encode(line, direction[side]));
          assert.equal(
            pipeline.detokenize(pipeline.join(dictionary.string(ids)), direction[side]),
            line,
          );
        }
      }
    }
  });
});

Deno.test("numbers are written as files of lines", async () => {
  await withFolder(async (folder, lines, print) => {
    const out = join(folder, "out");
    const context = { cacheDir: folder, dataDir: folder, print };
    await generateData({ ...context, id: "numbers", profile: "smoke", out });
    const read = async (name: string) => (await Deno.readTextFile(join(out, name))).split("\n");
    assert.equal((await read("train.en")).length, 3001);
    using data = await translationEntry("numbers").load({ cacheDir: folder, profile: "smoke" });
    assert.deepEqual((await read("test.de")).slice(0, -1), data.splits.test.text?.target);
    assert.deepEqual((await read("valid.en")).slice(0, -1), data.splits.valid.text?.source);
    await listData(context);
    const place = lines.findIndex((line) => line.startsWith("numbers: Numbers"));
    assert.match(lines[place + 1], /needs no official files; profiles smoke, quick, small, paper/);
  });
});

Deno.test("what numbers are not is the user's error", async () => {
  await withFolder(async (folder, _lines, print) => {
    const loading = translationEntry("numbers").load({ cacheDir: folder, profile: "tiny" });
    await rejectsInOneLine(loading, /^numbers: unknown profile tiny, expected smoke/);
    assert.throws(
      () => translationEntry("listops"),
      /listops is a classification task, expected a p/,
    );
    assert.throws(
      () => corpusEntry("numbers"),
      /numbers is a parallel text.*, expected a text for/,
    );
    await rejectsInOneLine(
      verifyData({ cacheDir: folder, dataDir: folder, print, ids: ["number"] }).then(() => {}),
      /unknown data set "number"/,
    );
  });
});
