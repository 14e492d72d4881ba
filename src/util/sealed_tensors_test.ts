import assert from "node:assert/strict";
import { UserError } from "../errors.ts";
import { openTensors, sealTensors } from "./sealed_tensors.ts";
import { type SafeTensor, writeSafetensors } from "./safetensors.ts";

const tensors = new Map<string, SafeTensor>([
  ["a.weight", { dtype: "F32", shape: [2], data: Float32Array.of(1, -2) }],
  ["b", { dtype: "F32", shape: [1], data: Float32Array.of(0.5) }],
]);
const content = { metadata: { note: "x" }, tensors };

const refusesDamage = (bytes: Uint8Array, what: string) =>
  assert.throws(
    () => openTensors(bytes, "some/file"),
    (error) =>
      error instanceof UserError &&
      error.message ===
        "some/file: damaged (its digest does not match); the other files of the run are as they were",
    what,
  );

Deno.test("what was sealed is read again, with the digest that sealing gave", () => {
  const { bytes, sha256 } = sealTensors(content);
  assert.deepEqual(openTensors(bytes, "some/file"), { ...content, sha256 });
  assert.match(sha256, /^[0-9a-f]{64}$/);
  assert.equal(sealTensors(content).sha256, sha256);
  assert.notEqual(sealTensors({ ...content, metadata: { note: "y" } }).sha256, sha256);
});

Deno.test("a flipped bit in any byte, any missing end and anything added is noticed", () => {
  const { bytes } = sealTensors(content);
  for (let at = 0; at < bytes.length; at++) {
    for (const mask of [1, 0x20, 0x29, 0x80]) {
      const changed = bytes.slice();
      changed[at] ^= mask;
      refusesDamage(changed, `byte ${at} with ${mask}`);
    }
    refusesDamage(bytes.subarray(0, at), `cut to ${at}`);
  }
  refusesDamage(Uint8Array.of(...bytes, 0), "longer");
});

Deno.test("a file without a digest is not taken for one with it, nor is a second digest written", () => {
  refusesDamage(writeSafetensors(content), "no digest");
  refusesDamage(writeSafetensors({ ...content, metadata: { sha256: "0".repeat(64) } }), "zeros");
  assert.throws(() => sealTensors({ tensors, metadata: { sha256: "mine" } }), RangeError);
  // JavaScript puts names that are numbers before all others.
  const [, [, tensor]] = tensors;
  assert.throws(() => sealTensors({ metadata: {}, tensors: new Map([["7", tensor]]) }), RangeError);
});
