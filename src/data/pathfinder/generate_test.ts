import assert from "node:assert/strict";
import { sha256Hex } from "../../util/sha256.ts";
import type { Point } from "./canvas.ts";
import { generatePathfinder, type PathfinderImage } from "./generate.ts";
import { PATHFINDER_SHAPES, type PathfinderShape } from "./parameters.ts";
import type { Paddle, Snake } from "./snake.ts";

const SHAPES: readonly PathfinderShape[] = Object.values(PATHFINDER_SHAPES);

function images(shape: PathfinderShape, count: number): PathfinderImage[] {
  return Array.from({ length: count }, (_, i) => generatePathfinder(shape, 1, i));
}

/** Smallest distance of two paddles, by points a tenth of their length apart. */
function distance(a: Paddle, b: Paddle): number {
  const points = ({ tail, head }: Paddle): Point[] =>
    Array.from({ length: 11 }, (_, i) => ({
      x: tail.x + (head.x - tail.x) * i / 10,
      y: tail.y + (head.y - tail.y) * i / 10,
    }));
  const second = points(b);
  return Math.min(...points(a).flatMap((p) => second.map((q) => Math.hypot(p.x - q.x, p.y - q.y))));
}

/** The end points of a contour: its first tail and its last head. */
function tips(snake: Snake): [Point, Point] {
  return [snake[0].tail, snake[snake.length - 1].head];
}

for (const shape of SHAPES) {
  const { resolution, contourLength, paddleLength } = shape;

  Deno.test(`at ${resolution} pixels both contours are whole, smooth and apart from all others`, () => {
    for (const { contours, distractors } of images(shape, 20)) {
      assert.deepEqual(contours.map((snake) => snake.length), [contourLength, contourLength]);
      assert.ok(distractors.every((snake) => snake.length <= shape.distractorLength));
      const all = [...contours, ...distractors];
      for (const [i, snake] of all.entries()) {
        for (const [j, { tail, head, angle }] of snake.entries()) {
          for (const { x, y } of [tail, head]) {
            assert.ok(Math.min(x, y) >= shape.padding);
            assert.ok(Math.max(x, y) <= resolution - 1 - shape.padding);
          }
          assert.ok(Math.abs(Math.hypot(head.x - tail.x, head.y - tail.y) - paddleLength) < 1e-9);
          if (j === 0) continue;
          const turn = Math.cos(angle - snake[j - 1].angle);
          assert.ok(turn > Math.cos(Math.PI / 2 / shape.continuity) - 1e-9);
        }
        for (const other of all.slice(i + 1)) {
          for (const a of snake) for (const b of other) assert.ok(distance(a, b) > 1);
        }
      }
    }
  });

  Deno.test(`at ${resolution} pixels the two discs lie on tips as the label says`, () => {
    for (const { contours, label, origin, pixels } of images(shape, 20)) {
      const [start] = tips(contours[origin]);
      const [, end] = tips(contours[label === 1 ? origin : 1 - origin]);
      const [, unmarked] = tips(contours[label === 1 ? 1 - origin : origin]);
      const brightness = ({ x, y }: Point) => pixels[Math.round(y) * resolution + Math.round(x)];
      assert.equal(brightness(start), 255);
      assert.equal(brightness(end), 255);
      const far = [start, end].every((tip) =>
        Math.hypot(tip.x - unmarked.x, tip.y - unmarked.y) > 2 * shape.markerRadius + 1
      );
      if (far) assert.ok(brightness(unmarked) < 255 || shape.contrast >= 1);
    }
  });

  Deno.test(`at ${resolution} pixels the classes are balanced and equally bright`, () => {
    const sums = [0, 0];
    const counts = [0, 0];
    for (const { label, pixels } of images(shape, 300)) {
      counts[label]++;
      sums[label] += pixels.reduce((sum, pixel) => sum + pixel, 0) / pixels.length;
    }
    assert.deepEqual(counts, [150, 150]);
    const [negative, positive] = sums.map((sum, label) => sum / counts[label]);
    assert.ok(negative > 5 && negative < 30);
    assert.ok(Math.abs(negative - positive) < 0.05 * negative, `${negative} and ${positive}`);
  });
}

Deno.test("an image depends on shape, seed and index alone", () => {
  const shape = PATHFINDER_SHAPES[32];
  const image = generatePathfinder(shape, 1, 20_000_003);
  assert.deepEqual(generatePathfinder(shape, 1, 20_000_003), image);
  assert.notDeepEqual(generatePathfinder(shape, 1, 20_000_004).pixels, image.pixels);
  assert.notDeepEqual(generatePathfinder(shape, 2, 20_000_003).pixels, image.pixels);
});

Deno.test("the pixels of the first images are pinned", () => {
  const hashes = SHAPES.map((shape) => sha256Hex(generatePathfinder(shape, 0, 0).pixels));
  assert.deepEqual(hashes.map((hash) => hash.slice(0, 16)), [
    "44e86fd7c8c347f0",
    "497640deb5f79176",
    "d49b366b5bb386a2",
  ]);
});
