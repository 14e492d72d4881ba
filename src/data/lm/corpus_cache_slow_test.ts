import assert from "node:assert/strict";
import { withFolder } from "../data_test_folder.ts";
import { loadCorpus } from "./corpus_cache.ts";
import { recipeOf } from "./lm_testing.ts";
import type { TextSource } from "./text_source.ts";

const MEGABYTES = 100;
/** Far less than the text, its words or its ids as objects would take. */
const MOST_MEMORY = 400e6;

/** Lines of 25 words, of which few are frequent and many are rare; the same in each pass. */
function generatedText(onPiece: () => void): TextSource {
  const encoder = new TextEncoder();
  return {
    name: "generated",
    size: MEGABYTES * 1e6,
    async *read() {
      let state = 1;
      for (let bytes = 0; bytes < MEGABYTES * 1e6;) {
        const lines: string[] = [];
        for (let line = 0; line < 4000; line++) {
          const words: string[] = [];
          for (let i = 0; i < 25; i++) {
            state = (Math.imul(1103515245, state) + 12345) & 0x7fffffff;
            words.push(`w${Math.floor(200_000 * (state / 2 ** 31) ** 4)}`);
          }
          lines.push(words.join(" "));
        }
        const piece = encoder.encode(`${lines.join("\n")}\n`);
        bytes += piece.length;
        onPiece();
        yield await Promise.resolve(piece);
      }
    },
  };
}

Deno.test(`${MEGABYTES} MB of words become tokens in little memory`, async () => {
  await withFolder(async (cacheDir) => {
    const before = Deno.memoryUsage().rss;
    let peak = before;
    const train = generatedText(() => peak = Math.max(peak, Deno.memoryUsage().rss));
    const small = recipeOf({ train: "", valid: "w0\n", test: "w1\n" });
    const started = performance.now();
    const recipe = { ...small, splits: { ...small.splits, train } };
    using data = await loadCorpus(recipe, { cacheDir, memoryLimit: 1e6 });
    const seconds = (performance.now() - started) / 1000;
    const { tokens } = data.splits.train;
    console.log(
      `${tokens.length} tokens, dictionary of ${data.dictionary.size}, ${seconds.toFixed(1)} s, ` +
        `peak memory ${Math.round(peak / 1e6)} MB, ${Math.round((peak - before) / 1e6)} MB more ` +
        "than before",
    );
    assert.ok(tokens.length > 15e6);
    assert.ok(peak - before < MOST_MEMORY, `${peak - before} bytes`);
    const reading = performance.now();
    for (let i = 0; i < 10_000; i++) {
      const start = (i * 7_919_003) % (tokens.length - 512);
      assert.equal(tokens.slice(start, start + 512).length, 512);
    }
    const each = (performance.now() - reading) / 10;
    console.log(`a random slice of 512 tokens takes ${each.toFixed(0)} microseconds`);
  });
});
