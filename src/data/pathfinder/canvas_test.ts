import assert from "node:assert/strict";
import { drawSegment, segmentPixels } from "./canvas.ts";

Deno.test("a disc covers about its area and is symmetric", () => {
  const image = new Float32Array(15 * 15);
  drawSegment(image, 15, { x: 7, y: 7 }, { x: 7, y: 7 }, 3, 1);
  const area = image.reduce((sum, value) => sum + value, 0);
  assert.ok(Math.abs(area - Math.PI * 9) < 0.7, String(area));
  assert.deepEqual(image, image.toReversed());
});

Deno.test("a thin line is as bright as the share that it covers, clipped at one", () => {
  const line = new Float32Array(100);
  drawSegment(line, 10, { x: 2, y: 5 }, { x: 7, y: 5 }, 0.25, 1.5);
  assert.equal(line[5 * 10 + 4], 0.75);
  assert.equal(line[4 * 10 + 4], 0);
  drawSegment(line, 10, { x: 2, y: 5 }, { x: 7, y: 5 }, 1, 1.5);
  assert.equal(line[5 * 10 + 4], 1);
  assert.equal(line[4 * 10 + 4], 0.75);
});

Deno.test("drawing keeps the brighter value and stays inside", () => {
  const image = new Float32Array(16).fill(0.6);
  drawSegment(image, 4, { x: -3, y: 0 }, { x: 9, y: 0 }, 0.5, 0.5);
  assert.ok(image.every((value) => value === Math.fround(0.6)));
  drawSegment(image, 4, { x: -3, y: 0 }, { x: 9, y: 0 }, 0.5, 0.9);
  assert.deepEqual([...image.subarray(0, 4)], Array(4).fill(Math.fround(0.9)));
});

Deno.test("the pixels of a segment are those within its radius", () => {
  const pixels = segmentPixels(8, { x: 2, y: 3 }, { x: 4, y: 3 }, 1);
  const at = (x: number, y: number) => y * 8 + x;
  const expected = [2, 3, 4].flatMap((x) => [at(x, 2), at(x, 3), at(x, 4)]);
  assert.deepEqual(
    pixels.toSorted((a, b) => a - b),
    [...expected, at(1, 3), at(5, 3)]
      .sort((a, b) => a - b),
  );
});
