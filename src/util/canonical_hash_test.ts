import assert from "node:assert/strict";
import { canonicalHash } from "./canonical_hash.ts";

Deno.test("canonicalHash equals the SHA-256 of the RFC 8785 text", () => {
  // sha256sum of the nine bytes {"a":1.5} and of the two bytes {}.
  assert.equal(
    canonicalHash({ a: 1.5 }),
    "3b1cb40b22933d83e9242f8ac724f114d812ddd49909917b365375c24b69a455",
  );
  assert.equal(
    canonicalHash({}),
    "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
  );
});

Deno.test("canonicalHash ignores key order and number spelling but not array order", () => {
  const left = canonicalHash({ width: 40, depth: 3, nested: { b: [1, 2], a: 1e21 } });
  const right = canonicalHash({
    nested: { a: 1000000000000000000000, b: [1, 2] },
    depth: 3.0,
    width: 40,
  });
  assert.equal(left, right);
  assert.notEqual(canonicalHash([1, 2]), canonicalHash([2, 1]));
  assert.notEqual(canonicalHash("1"), canonicalHash(1));
});

Deno.test("canonicalHash refuses numbers that JSON cannot hold", () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => canonicalHash({ learningRate: bad }), /not allowed/);
  }
});
