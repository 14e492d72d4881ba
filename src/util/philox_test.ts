import assert from "node:assert/strict";
import { UserError } from "../errors.ts";
import { philox4x32, philoxKey, PhiloxStream } from "./philox.ts";

Deno.test("philox4x32 gives the known answers of Random123", () => {
  assert.deepEqual(philox4x32([0, 0, 0, 0], [0, 0]), [
    0x6627e8d5,
    0xe169c58d,
    0xbc57ac4c,
    0x9b00dbd8,
  ]);
  const ones = 0xffffffff;
  assert.deepEqual(philox4x32([ones, ones, ones, ones], [ones, ones]), [
    0x408f276d,
    0x41c83b0e,
    0xa20bc7c6,
    0x6d5451fd,
  ]);
  assert.deepEqual(
    philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  );
});

Deno.test("a stream reads consecutive blocks of its own counter", () => {
  const stream = new PhiloxStream(0x1_0000_0002n, 7);
  const drawn = Array.from({ length: 8 }, () => stream.nextU32());
  assert.deepEqual(drawn, [
    ...philox4x32([0, 0, 7, 1], [2, 1]),
    ...philox4x32([1, 0, 7, 1], [2, 1]),
  ]);
});

Deno.test("a restored stream continues to the same bits at any position", () => {
  for (const kind of ["u32", "normal"] as const) {
    for (let before = 0; before < 11; before++) {
      const stream = new PhiloxStream(2n ** 64n - 1n, 3);
      const draw = (s: PhiloxStream) => kind === "u32" ? s.nextU32() : s.normal();
      for (let i = 0; i < before; i++) draw(stream);
      const copy = PhiloxStream.restore(JSON.parse(JSON.stringify(stream.state)));
      for (let i = 0; i < 9; i++) assert.equal(draw(copy), draw(stream));
    }
  }
});

Deno.test("positions beyond 2^34 carry into the second counter word", () => {
  const start = 2 ** 34;
  const state = { seed: "5", stream: 0, position: start, spareNormal: null };
  const stream = PhiloxStream.restore(state);
  assert.equal(stream.nextU32(), philox4x32([0, 1, 0, 1], [5, 0])[0]);
});

Deno.test("uniform has 24 bits in [0, 1), mean 1/2 and variance 1/12", () => {
  const stream = new PhiloxStream(11, 0);
  const n = 100_000;
  let sum = 0, squares = 0;
  for (let i = 0; i < n; i++) {
    const u = stream.uniform();
    assert.ok(u >= 0 && u < 1 && Math.fround(u) === u);
    sum += u;
    squares += u * u;
  }
  const mean = sum / n;
  assert.ok(Math.abs(mean - 0.5) < 5 / Math.sqrt(12 * n));
  assert.ok(Math.abs(squares / n - mean * mean - 1 / 12) < 0.002);
});

Deno.test("uniformInt is uniform (chi-square) also where 2^32 is no multiple of n", () => {
  const stream = new PhiloxStream(12, 0);
  const n = 60_000, cells = 7;
  const counts = new Array<number>(cells).fill(0);
  for (let i = 0; i < n; i++) counts[stream.uniformInt(cells)]++;
  const expected = n / cells;
  const chiSquare = counts.reduce((sum, c) => sum + (c - expected) ** 2 / expected, 0);
  assert.ok(chiSquare < 22.5, `chi-square ${chiSquare} with 6 degrees of freedom`);
  // Three quarters of 2^32: a modulo without rejection would favour the lowest third.
  const big = 3 * 2 ** 30;
  let low = 0;
  for (let i = 0; i < 6000; i++) if (stream.uniformInt(big) < 2 ** 30) low++;
  assert.ok(Math.abs(low - 2000) < 5 * Math.sqrt(6000 * 2 / 9), `${low} of 6000 in a third`);
  assert.throws(() => stream.uniformInt(0), RangeError);
});

Deno.test("normal has the moments and tails of the standard normal", () => {
  const stream = new PhiloxStream(13, 0);
  const n = 100_000;
  let first = 0, second = 0, third = 0, fourth = 0, beyond = 0, lagged = 0, last = 0;
  for (let i = 0; i < n; i++) {
    const z = stream.normal();
    first += z / n;
    second += z ** 2 / n;
    third += z ** 3 / n;
    fourth += z ** 4 / n;
    lagged += z * last / n;
    last = z;
    if (Math.abs(z) > 2) beyond++;
  }
  assert.ok(Math.abs(first) < 0.016);
  assert.ok(Math.abs(second - 1) < 0.023);
  assert.ok(Math.abs(third) < 0.06);
  assert.ok(Math.abs(fourth - 3) < 0.16);
  assert.ok(Math.abs(lagged) < 0.016);
  assert.ok(Math.abs(beyond / n - 0.0455) < 0.0033);
});

Deno.test("shuffle permutes without bias", () => {
  const stream = new PhiloxStream(14, 0);
  const counts = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const key = stream.shuffle([0, 1, 2, 3]).join("");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  assert.equal(counts.size, 24);
  const chiSquare = [...counts.values()].reduce((sum, c) => sum + (c - 1000) ** 2 / 1000, 0);
  assert.ok(chiSquare < 49.8, `chi-square ${chiSquare} with 23 degrees of freedom`);
  const typed = stream.shuffle(Int32Array.from({ length: 100 }, (_, i) => i));
  assert.deepEqual(typed.toSorted(), Int32Array.from({ length: 100 }, (_, i) => i));
});

Deno.test("different streams and seeds give different numbers", () => {
  const draws = [[1, 0], [1, 1], [2, 0]].map(([seed, stream]) =>
    new PhiloxStream(seed, stream).nextU32()
  );
  assert.equal(new Set(draws).size, 3);
});

Deno.test("a seed that is no u64 is the user's error", () => {
  for (const seed of [-1, 1.5, NaN, 2 ** 60, 2n ** 64n]) {
    assert.throws(() => philoxKey(seed), UserError);
  }
  assert.deepEqual(philoxKey(2n ** 64n - 1n), [0xffffffff, 0xffffffff]);
  assert.throws(() => new PhiloxStream(1, -1), RangeError);
});
