import assert from "node:assert/strict";
import { downsample, luma } from "./grayscale.ts";

Deno.test("grey values are Pillow's", () => {
  const known: [number, number, number, number][] = [
    [0, 0, 0, 0],
    [255, 255, 255, 255],
    [255, 0, 0, 76],
    [0, 255, 0, 150],
    [0, 0, 255, 29],
    [10, 20, 30, 18],
    [200, 100, 50, 124],
  ];
  for (const [red, green, blue, gray] of known) assert.equal(luma(red, green, blue), gray);
  for (let grey = 0; grey < 256; grey++) assert.equal(luma(grey, grey, grey), grey);
});

Deno.test("downsampling averages blocks and rounds halves up", () => {
  const pixels = Uint8Array.of(1, 2, 10, 10, 2, 1, 10, 10, 255, 255, 0, 0, 255, 255, 0, 1);
  assert.deepEqual([...downsample(pixels, 4, 2)], [2, 10, 255, 0]);
  assert.equal(downsample(pixels, 4, 1), pixels);
  assert.throws(() => downsample(pixels, 4, 3), RangeError);
});
