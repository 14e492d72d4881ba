import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { UserError } from "../errors.ts";
import { readSafetensors, type SafeTensor, writeSafetensors } from "./safetensors.ts";

const shape = fc.array(fc.nat({ max: 4 }), { maxLength: 3 });
const size = (dims: number[]) => dims.reduce((product, n) => product * n, 1);

/** Any tensor: all dtypes, 0-dimensional and empty shapes, NaN, infinities and negative zero. */
const tensor: fc.Arbitrary<SafeTensor> = shape.chain((dims) => {
  const n = { minLength: size(dims), maxLength: size(dims) };
  return fc.oneof<fc.Arbitrary<SafeTensor>[]>(
    fc.float32Array(n).map((data) => ({ dtype: "F32", shape: dims, data })),
    fc.float64Array(n).map((data) => ({ dtype: "F64", shape: dims, data })),
    fc.int32Array(n).map((data) => ({ dtype: "I32", shape: dims, data })),
    fc.bigInt64Array(n).map((data) => ({ dtype: "I64", shape: dims, data })),
    fc.uint32Array(n).map((data) => ({ dtype: "U32", shape: dims, data })),
    fc.uint8Array(n).map((data) => ({ dtype: "U8", shape: dims, data })),
  );
});
const name = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }), fc.constant("__proto__"))
  .filter((text) => text !== "__metadata__" && text.isWellFormed());
const file = fc.record({
  metadata: fc.uniqueArray(fc.tuple(name, fc.string()), { selector: ([key]) => key, maxLength: 3 })
    .map((pairs): Record<string, string> => Object.fromEntries(pairs)),
  tensors: fc.uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 5 }),
});

const rawBytes = ({ data }: SafeTensor) =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** A file with any header text, for what the writer would never write. */
function handMade(header: string, dataLength: number): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

Deno.test("what is written is read back bit for bit at every alignment", () => {
  fc.assert(fc.property(file, fc.nat({ max: 7 }), ({ metadata, tensors }, shift) => {
    const written = writeSafetensors({ metadata, tensors });
    assert.equal(new DataView(written.buffer).getBigUint64(0, true) % 8n, 0n);
    const moved = new Uint8Array(written.length + shift);
    moved.set(written, shift);
    const read = readSafetensors(moved.subarray(shift));
    assert.deepEqual(read.metadata, metadata);
    assert.equal(read.tensors.size, tensors.length);
    for (const [key, expected] of tensors) {
      const got = read.tensors.get(key);
      assert.ok(got !== undefined, `tensor ${key} is missing`);
      assert.equal(got.dtype, expected.dtype);
      assert.deepEqual(got.shape, expected.shape);
      assert.deepEqual(rawBytes(got), rawBytes(expected));
    }
  }));
});

Deno.test("a changed byte gives a UserError or a file whose tensors fit their shapes", () => {
  fc.assert(
    fc.property(file, fc.nat(), fc.integer({ min: 1, max: 255 }), (content, at, flip) => {
      const bytes = writeSafetensors(content);
      const headerEnd = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
      const changed = at % bytes.length;
      bytes[changed] ^= flip;
      try {
        const read = readSafetensors(bytes);
        for (const { shape, data } of read.tensors.values()) assert.equal(data.length, size(shape));
        if (changed < headerEnd) return;
        const differing = content.tensors.filter(([key, old]) => {
          const now = read.tensors.get(key);
          return now === undefined || !rawBytes(old).every((byte, i) => byte === rawBytes(now)[i]);
        });
        assert.equal(differing.length, 1);
      } catch (error) {
        assert.ok(error instanceof UserError, String(error));
        assert.ok(changed < headerEnd, "only the header is checked");
        assert.ok(!error.message.includes("\n"));
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("a truncated or extended file is a UserError", () => {
  fc.assert(fc.property(file, fc.nat(), (content, at) => {
    const bytes = writeSafetensors(content);
    assert.throws(() => readSafetensors(bytes.subarray(0, at % bytes.length)), UserError);
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    assert.throws(() => readSafetensors(longer), UserError);
  }));
});

Deno.test("an empty tensor set and a 0-dimensional tensor survive", () => {
  assert.equal(readSafetensors(writeSafetensors({ tensors: [] })).tensors.size, 0);
  const scalar: SafeTensor = { dtype: "I32", shape: [], data: Int32Array.of(7) };
  const read = readSafetensors(writeSafetensors({ tensors: [["n", scalar]] }));
  assert.deepEqual(read.tensors.get("n"), scalar);
});

Deno.test("aligned tensors are views of the file, not copies", () => {
  const data = Float32Array.of(1, 2);
  const bytes = writeSafetensors({ tensors: [["x", { dtype: "F32", shape: [2], data }]] });
  assert.equal(readSafetensors(bytes).tensors.get("x")?.data.buffer, bytes.buffer);
});

const entry = (dtype: string, dims: string, from: number, to: number) =>
  `{"dtype":"${dtype}","shape":${dims},"data_offsets":[${from},${to}]}`;
const malformed: [string, string, number, RegExp][] = [
  ["no object", "[]", 0, /not a JSON object/],
  ["bad JSON", "{", 0, /not JSON/],
  ["end beyond the file", `{"a":${entry("F32", "[2]", 0, 8)}}`, 4, /"a": bytes 0 to 8/],
  ["start after end", `{"a":${entry("U8", "[0]", 4, 2)}}`, 4, /"a": bytes 4 to 2/],
  ["wrong byte length", `{"a":${entry("F32", "[3]", 0, 8)}}`, 8, /"a": shape \[3\].* needs 12/],
  ["huge shape", `{"a":${entry("F32", "[9007199254740991,9]", 0, 8)}}`, 8, /"a": shape/],
  ["negative size", `{"a":${entry("F32", "[-2]", 0, 8)}}`, 8, /"a": its shape/],
  ["fraction", `{"a":${entry("F32", "[0.5]", 0, 2)}}`, 2, /"a": its shape/],
  ["unknown dtype", `{"a":${entry("F8", "[8]", 0, 8)}}`, 8, /"a": dtype "F8"/],
  ["inherited name as dtype", `{"a":${entry("toString", "[8]", 0, 8)}}`, 8, /"a": dtype/],
  [
    "overlap",
    `{"a":${entry("U8", "[4]", 0, 4)},"b":${entry("U8", "[4]", 2, 6)}}`,
    6,
    /"b": its data overlaps/,
  ],
  ["gap", `{"a":${entry("U8", "[4]", 2, 6)}}`, 6, /"a": its data leaves a gap/],
  ["left-over bytes", `{"a":${entry("U8", "[4]", 0, 4)}}`, 5, /1 bytes after/],
  ["three offsets", `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}`, 1, /data_offsets/],
  [
    "name twice",
    `{"a":${entry("U8", "[1]", 0, 1)},"\\u0061":${entry("U8", "[1]", 0, 1)}}`,
    1,
    /the name "a" occurs twice/,
  ],
  ["metadata not text", `{"__metadata__":{"n":1}}`, 0, /"n" is not a string/],
  ["metadata no object", `{"__metadata__":"n"}`, 0, /not an object/],
  ["tensor no object", `{"a":null}`, 0, /"a": its header entry/],
];
for (const [what, header, length, message] of malformed) {
  Deno.test(`readSafetensors refuses a file with: ${what}`, () => {
    assert.throws(() => readSafetensors(handMade(header, length), "f.safetensors"), (error) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, message);
      assert.ok(error.message.startsWith("f.safetensors: "));
      return true;
    });
  });
}

Deno.test("readSafetensors refuses a header length beyond the file", () => {
  const bytes = new Uint8Array(16).fill(0xff);
  assert.throws(() => readSafetensors(bytes), /header of 18446744073709551615 bytes/);
  assert.throws(() => readSafetensors(new Uint8Array(3)), /shorter than 8 bytes/);
});

Deno.test("writeSafetensors refuses a shape that contradicts the data", () => {
  const data = new Float32Array(3);
  const bad: [string, SafeTensor] = ["x", { dtype: "F32", shape: [2], data }];
  assert.throws(() => writeSafetensors({ tensors: [bad] }), /x: 3 elements in shape \[2\]/);
  const good: [string, SafeTensor] = ["x", { dtype: "F32", shape: [3], data }];
  assert.throws(() => writeSafetensors({ tensors: [good, good] }), /given twice/);
});
