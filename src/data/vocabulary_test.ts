import assert from "node:assert/strict";
import { UserError } from "../errors.ts";
import { EOS_ID, PAD_ID, UNK_ID, Vocabulary } from "./vocabulary.ts";

Deno.test("Vocabulary has fairseq's layout with <CLS> last", () => {
  const vocabulary = new Vocabulary(["b", "a"]);
  assert.deepEqual(vocabulary.symbols, ["<s>", "<pad>", "</s>", "<unk>", "b", "a", "<CLS>"]);
  assert.equal(vocabulary.size, 7);
  assert.equal(vocabulary.clsId, 6);
  assert.equal(vocabulary.id("<pad>"), PAD_ID);
  assert.equal(vocabulary.id("a"), 5);
  assert.equal(vocabulary.id("zebra"), UNK_ID);
  assert.equal(vocabulary.id("toString"), UNK_ID);
  assert.equal(vocabulary.symbol(4), "b");
  assert.throws(() => vocabulary.symbol(7), RangeError);
});

Deno.test("encode appends </s> and keeps the head when it cuts", () => {
  const vocabulary = new Vocabulary(["a", "b"]);
  assert.deepEqual([...vocabulary.encode(["b", "a", "?"])], [5, 4, UNK_ID, EOS_ID]);
  assert.deepEqual([...vocabulary.encode(["b", "a", "b"], 2)], [5, 4]);
  assert.deepEqual([...vocabulary.encode([])], [EOS_ID]);
});

Deno.test("Vocabulary refuses repeated, empty and special symbols", () => {
  for (const symbols of [["a", "a"], [""], ["<pad>"], ["<CLS>"]]) {
    assert.throws(() => new Vocabulary(symbols), UserError);
  }
});
