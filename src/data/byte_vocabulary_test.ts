import assert from "node:assert/strict";
import { BYTE_VOCABULARY, encodeBytes } from "./byte_vocabulary.ts";
import { EOS_ID, UNK_ID } from "./vocabulary.ts";

Deno.test("every byte of UTF-8 text has its own id, the others are unknown", () => {
  assert.equal(BYTE_VOCABULARY.size, 248);
  const ids = encodeBytes(Uint8Array.from({ length: 256 }, (_, i) => i), Infinity).subarray(0, 256);
  const known = ids.filter((id) => id !== UNK_ID);
  assert.equal(new Set(known).size, 243);
  assert.equal(Math.min(...known), 4);
  assert.ok(Math.max(...known) < BYTE_VOCABULARY.clsId);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (const byte of [0xc0, 0xc1, 0xf5, 0xff]) {
    assert.equal(ids[byte], UNK_ID);
    for (let next = 0; next < 256; next++) {
      assert.throws(() => decoder.decode(Uint8Array.of(byte, next, 0x80, 0x80)));
    }
  }
});

Deno.test("a text is its bytes and an end, or its head", () => {
  const bytes = new TextEncoder().encode("ab é\n");
  const symbols = (max: number) =>
    Array.from(encodeBytes(bytes, max), (id) => BYTE_VOCABULARY.symbol(id));
  assert.deepEqual(symbols(7), ["a", "b", "0x20", "0xC3", "0xA9", "0x0A", "</s>"]);
  assert.deepEqual(symbols(6), ["a", "b", "0x20", "0xC3", "0xA9", "0x0A"]);
  assert.deepEqual(symbols(2), ["a", "b"]);
  assert.deepEqual([...encodeBytes(new Uint8Array(), 5)], [EOS_ID]);
});
