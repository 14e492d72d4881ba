import assert from "node:assert/strict";
import { RETRIEVAL_PROFILES } from "./profiles.ts";
import { type Lexicon, makeLexicon, syntheticPair } from "./synthetic.ts";

const shape = RETRIEVAL_PROFILES.quick.synthetic;
const lexicon = makeLexicon(shape, 3);

/** The topics whose words a document uses. */
function topicsOf(text: Uint8Array, { topics }: Lexicon): number[] {
  // The last word may be cut.
  const words = new Set(new TextDecoder().decode(text).split(/\.? /).slice(0, -1));
  return topics.flatMap((list, topic) => list.some((word) => words.has(word)) ? [topic] : []);
}

Deno.test("all words of a lexicon are distinct", () => {
  const words = [...lexicon.common, ...lexicon.topics.flat()];
  assert.equal(words.length, shape.commonWords + shape.topics * shape.wordsPerTopic);
  assert.equal(new Set(words).size, words.length);
  assert.ok(words.every((word) => /^[a-z]{2,9}$/.test(word)));
});

Deno.test("a pair is linked exactly when both documents have one and the same topic", () => {
  let linked = 0;
  const seen = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    const { label, texts } = syntheticPair(shape, lexicon, 3, i);
    const [first, second] = texts.map((text) => topicsOf(text, lexicon));
    assert.ok(first.length === 1 && second.length === 1, `pair ${i}`);
    assert.equal(label, first[0] === second[0] ? 1 : 0);
    seen.add(first[0]);
    linked += label;
    for (const { length } of texts) assert.ok(length >= shape.minBytes && length <= shape.maxBytes);
  }
  assert.ok(linked > 440 && linked < 560, `${linked} of 1000 linked`);
  assert.equal(seen.size, shape.topics);
});

Deno.test("a pair depends on seed and index alone", () => {
  const pair = syntheticPair(shape, lexicon, 3, 20_000_000);
  assert.deepEqual(syntheticPair(shape, lexicon, 3, 20_000_000), pair);
  assert.notDeepEqual(syntheticPair(shape, lexicon, 3, 20_000_001).texts, pair.texts);
  assert.notDeepEqual(syntheticPair(shape, lexicon, 4, 20_000_000).texts, pair.texts);
  assert.notDeepEqual(makeLexicon(shape, 4), lexicon);
});
