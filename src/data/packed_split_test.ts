import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { splitHash } from "./dataset.ts";
import { DocumentPacker, PackedTokenSplit } from "./packed_split.ts";

function pack(documents: number[][], vocabularySize = 256) {
  const packer = new DocumentPacker(vocabularySize);
  for (const document of documents) packer.add(document);
  return packer.finish();
}

Deno.test("packed documents come back unchanged, in one or four bytes per token", () => {
  fc.assert(fc.property(fc.array(fc.array(fc.nat({ max: 255 }))), (documents) => {
    for (const size of [256, 257]) {
      const packed = pack(documents, size);
      assert.equal(packed.ids.BYTES_PER_ELEMENT, size === 256 ? 1 : 4);
      const split = new PackedTokenSplit(packed, new Int32Array(documents.length));
      documents.forEach((document, i) => assert.deepEqual([...split.example(i).tokens], document));
      assert.equal(split.longest, Math.max(0, ...documents.map((document) => document.length)));
    }
  }));
});

Deno.test("the packer grows past its first buffers", () => {
  const packer = new DocumentPacker(256);
  for (let i = 0; i < 3000; i++) packer.add(new Uint8Array(50).fill(i & 255));
  const split = new PackedTokenSplit(packer.finish(), new Int32Array(3000));
  assert.deepEqual(split.example(2999).tokens, new Int32Array(50).fill(2999 & 255));
});

Deno.test("the hash of a split depends on content only, not on its storage", () => {
  const labels = Int32Array.of(1, 0);
  const documents = [[4, 5], [6]];
  const small = splitHash("tokens", new PackedTokenSplit(pack(documents, 9), labels));
  assert.equal(small, splitHash("tokens", new PackedTokenSplit(pack(documents, 900), labels)));
  const others = [
    new PackedTokenSplit(pack([[4], [5, 6]]), labels),
    new PackedTokenSplit(pack(documents), Int32Array.of(0, 1)),
    new PackedTokenSplit(pack(documents), labels, pack([[4], [4]])),
    new PackedTokenSplit(pack([[4, 5]]), Int32Array.of(1)),
  ];
  assert.equal(new Set([small, ...others.map((split) => splitHash("tokens", split))]).size, 5);
});

Deno.test("the hash of values is the sha256 of the documented byte stream", () => {
  const split = {
    length: 1,
    example: () => ({ kind: "values", values: Float32Array.of(1), label: 3 } as const),
  };
  // printf 'split 1 values 1\n\x03\0\0\0\x01\0\0\0\0\0\x80\x3f' | sha256sum
  const expected = "0a9ac2523c6d55763d7ecae020bbf2042e247b03d02582993901cc87c2e53338";
  assert.equal(splitHash("values", split), expected);
});

Deno.test("a split refuses labels that do not fit and indices outside", () => {
  const documents = pack([[4], [5]]);
  assert.throws(() => new PackedTokenSplit(documents, new Int32Array(3)), RangeError);
  const broken = { ids: documents.ids, offsets: Uint32Array.of(0, 2, 1) };
  assert.throws(() => new PackedTokenSplit(broken, new Int32Array(2)), RangeError);
  const split = new PackedTokenSplit(documents, new Int32Array(2));
  for (const index of [-1, 2, 0.5]) assert.throws(() => split.example(index), RangeError);
});
