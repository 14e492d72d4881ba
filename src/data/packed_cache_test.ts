import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { loadPackedSplits, perSplit, savePackedSplits, withHashes } from "./packed_cache.ts";
import { DocumentPacker, PackedTokenSplit } from "./packed_split.ts";

function pairSplit(vocabularySize: number): PackedTokenSplit {
  const [first, second] = [new DocumentPacker(vocabularySize), new DocumentPacker(vocabularySize)];
  for (let i = 1; i < 5; i++) {
    first.add(new Uint8Array(i).fill(i));
    second.add(new Uint8Array(5 - i).fill(9));
  }
  return new PackedTokenSplit(first.finish(), Int32Array.of(0, 1, 1, 0), second.finish());
}

async function withFile(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(join(folder, "cache", "splits.safetensors"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("packed splits survive the cache, pairs and wide ids included", async () => {
  await withFile(async (path) => {
    const saved = withHashes({
      train: pairSplit(20),
      valid: pairSplit(2000),
      test: new PackedTokenSplit(new DocumentPacker(20).finish(), new Int32Array(0)),
    });
    await savePackedSplits(path, "key", saved);
    const loaded = await loadPackedSplits(path, "key");
    assert.deepEqual(loaded?.hash, saved.hash);
    assert.deepEqual(loaded?.splits.valid.example(2), saved.splits.valid.example(2));
    assert.equal(loaded?.splits.test.length, 0);
  });
});

Deno.test("a missing cache is undefined; another key and any damage are UserErrors", async () => {
  await withFile(async (path) => {
    assert.equal(await loadPackedSplits(path, "key"), undefined);
    await savePackedSplits(path, "key", withHashes(perSplit(() => pairSplit(20))));
    await assert.rejects(loadPackedSplits(path, "other"), UserError);
    const bytes = await Deno.readFile(path);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = bytes.slice();
      damaged[at] ^= 1;
      await Deno.writeFile(path, damaged);
      const outcome = await loadPackedSplits(path, "key").catch((error: unknown) => error);
      if (!(outcome instanceof UserError)) assert.fail(`byte ${at}: ${outcome}`);
    }
    await Deno.writeFile(path, bytes.subarray(0, bytes.length - 1));
    await assert.rejects(loadPackedSplits(path, "key"), UserError);
  });
});
