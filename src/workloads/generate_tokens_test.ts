import assert from "node:assert/strict";
import { EOS_ID, UNK_ID } from "../data/vocabulary.ts";
import type { StepRunner } from "../train/workload.ts";
import { generateTokens, type GenerationOptions } from "./generate_tokens.ts";

const vocabulary = 12;

/** A model whose logits depend on all tokens since the state was cleared; it writes down its calls. */
class RecordingRunner implements StepRunner {
  readonly calls: { token: number; fresh: boolean }[] = [];
  #seen = 0;

  step({ feeds, extents, fresh }: Parameters<StepRunner["step"]>[0]) {
    assert.deepEqual(extents, { batch: 1, length: 1 });
    const tokens = feeds.get("tokens");
    assert.ok(tokens instanceof Int32Array && tokens.length === 1);
    this.calls.push({ token: tokens[0], fresh });
    this.#seen = fresh ? 1 : (31 * this.#seen + tokens[0]) % 1009;
    const seen = this.#seen;
    return {
      read(output: string) {
        assert.equal(output, "logits");
        return Promise.resolve(
          Float32Array.from({ length: vocabulary }, (_, id) => Math.sin(seen * (id + 1))),
        );
      },
    };
  }
}

const usual = { prompt: [], length: 40, temperature: 1, topK: 0, topP: 1, seed: 3 };

async function generate(changes: Partial<GenerationOptions> = {}) {
  const runner = new RecordingRunner();
  const tokens = await Array.fromAsync(generateTokens(runner, { ...usual, ...changes }));
  return { tokens, calls: runner.calls };
}

Deno.test("the model reads </s>, the prompt, and what it said, with state from the second on", async () => {
  const { tokens, calls } = await generate({ prompt: [5, 6, 5], length: 4 });
  assert.equal(tokens.length, 4);
  assert.deepEqual(calls.map(({ token }) => token), [EOS_ID, 5, 6, 5, ...tokens.slice(0, -1)]);
  assert.deepEqual(calls.map(({ fresh }) => fresh), calls.map((_, i) => i === 0));
});

Deno.test("without a prompt the text begins after </s>", async () => {
  const { calls } = await generate({ length: 1 });
  assert.deepEqual(calls, [{ token: EOS_ID, fresh: true }]);
});

Deno.test("symbols that nobody can read and excluded ones never come; </s> may", async () => {
  const { tokens } = await generate({ length: 600, temperature: 5 });
  const all = Array.from({ length: vocabulary }, (_, id) => id);
  assert.deepEqual(
    [...new Set(tokens)].sort((a, b) => a - b),
    all.filter((id) => id === EOS_ID || id > UNK_ID),
  );
  const { tokens: fewer } = await generate({ length: 600, temperature: 5, excluded: [4, 7] });
  assert.deepEqual(
    [...new Set(fewer)].sort((a, b) => a - b),
    [EOS_ID, 5, 6, 8, 9, 10, 11],
  );
});

Deno.test("one seed gives one text, another seed or prompt another", async () => {
  const { tokens } = await generate();
  assert.deepEqual((await generate()).tokens, tokens);
  assert.notDeepEqual((await generate({ seed: 4 })).tokens, tokens);
  assert.notDeepEqual((await generate({ prompt: [4] })).tokens, tokens);
  const shorter = await generate({ length: 10 });
  assert.deepEqual(shorter.tokens, tokens.slice(0, 10));
});

Deno.test("temperature 0 depends on no seed", async () => {
  const { tokens } = await generate({ temperature: 0 });
  assert.deepEqual((await generate({ temperature: 0, seed: 99 })).tokens, tokens);
});
