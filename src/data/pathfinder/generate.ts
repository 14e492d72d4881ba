import { PhiloxStream } from "../../util/philox.ts";
import { RANDOM_STREAMS } from "../../util/random_streams.ts";
import { drawSegment } from "./canvas.ts";
import type { PathfinderShape } from "./parameters.ts";
import { type Snake, SnakeField } from "./snake.ts";

/** Raised whenever the same parameters and seed would give other images. */
export const GENERATOR_VERSION = 2;

/** An image with its parts, for whoever wants to check it. */
export interface PathfinderImage {
  /** [resolution²] 8-bit grey, row-major. */
  readonly pixels: Uint8Array;
  /** 1 when both markers are on the ends of one contour, else 0. */
  readonly label: 0 | 1;
  /** The two long contours. */
  readonly contours: readonly [Snake, Snake];
  readonly distractors: readonly Snake[];
  /** Which contour carries the first marker, at its first tail. */
  readonly origin: 0 | 1;
}

/** Draws that each image has for itself: numbers of different images are independent. */
const DRAWS_PER_IMAGE = 2 ** 24;
const TARGET_TRIES = 2;
const DISTRACTOR_TRIES = 4;
/** Places that are tried for the start of a contour. */
const START_TRIES = 20;
/** Paddles that a stuck contour takes back, and how often in one image before it starts afresh. */
const RETRACTED = 4;
const MAX_RETRACTIONS = 40;

/**
 * The image `index`, 0 to 2^28 - 1, of a seed: a function of the three arguments alone, so images
 * can be made in any order. Of each two images from an even index one is positive, so that splits
 * of any size are balanced as the official ones are. Follows `snakes2.py` of drewlinsley/pathfinder
 * but for three things: a contour that gets stuck takes back its last paddles before the image is
 * started afresh (a thousand times faster at 64 pixels), coverage is box-filtered, and occupancy is
 * all or nothing.
 */
export function generatePathfinder(
  shape: PathfinderShape,
  seed: number | bigint,
  index: number,
): PathfinderImage {
  const stream = (image: number) =>
    PhiloxStream.restore({
      seed: String(seed),
      stream: RANDOM_STREAMS.pathfinder,
      position: image * DRAWS_PER_IMAGE,
      spareNormal: null,
    });
  const random = stream(index);
  const parity = index % 2;
  const first = (parity === 0 ? random : stream(index - 1)).uniformInt(2);
  const label = (first + parity) % 2 === 1 ? 1 : 0;
  while (true) {
    const margin = shape.paddleMargins[random.uniformInt(shape.paddleMargins.length)];
    const field = new SnakeField(shape, margin, random);
    const contours = growContours(shape, field, random);
    if (contours === undefined) continue;
    const distractors = growDistractors(shape, field);
    const origin = random.uniformInt(2) === 1 ? 1 : 0;
    return {
      pixels: draw(shape, contours, distractors, origin, label),
      label,
      contours,
      distractors,
      origin,
    };
  }
}

/** The two long contours, grown in turn; undefined when one got stuck. */
function growContours(
  shape: PathfinderShape,
  field: SnakeField,
  random: PhiloxStream,
): [Snake, Snake] | undefined {
  const { seedDistance, contourLength } = shape;
  const tail = field.place(2 * seedDistance);
  const first = field.start(tail, field.direction());
  if (first === undefined) return undefined;
  let second: Snake | undefined;
  for (let i = 0; i < START_TRIES && second === undefined; i++) {
    const bearing = 2 * Math.PI * random.uniform();
    const place = {
      x: Math.round(tail.x + seedDistance * Math.cos(bearing)),
      y: Math.round(tail.y + seedDistance * Math.sin(bearing)),
    };
    second = field.start(place, field.direction());
  }
  if (second === undefined) return undefined;
  for (let retractions = 0; second.length < contourLength;) {
    const snake = first.length > second.length ? second : first;
    if (field.extend(snake, TARGET_TRIES)) continue;
    retractions++;
    if (retractions > MAX_RETRACTIONS) return undefined;
    field.retract(snake, RETRACTED);
  }
  return [first, second];
}

/** Short contours wherever there is room; some stay shorter than wanted. */
function growDistractors(shape: PathfinderShape, field: SnakeField): Snake[] {
  const snakes: Snake[] = [];
  for (let i = 0; i < shape.distractors; i++) {
    let snake: Snake | undefined;
    for (let j = 0; j < START_TRIES && snake === undefined; j++) {
      snake = field.start(field.place(shape.padding), field.direction());
    }
    if (snake === undefined) continue;
    while (snake.length < shape.distractorLength) {
      if (!field.extend(snake, DISTRACTOR_TRIES)) break;
    }
    snakes.push(snake);
  }
  return snakes;
}

function draw(
  shape: PathfinderShape,
  contours: readonly [Snake, Snake],
  distractors: readonly Snake[],
  origin: 0 | 1,
  label: 0 | 1,
): Uint8Array {
  const { resolution, paddleThickness, contrast, markerRadius } = shape;
  const image = new Float32Array(resolution * resolution);
  for (const snake of [...contours, ...distractors]) {
    for (const { tail, head } of snake) {
      drawSegment(image, resolution, tail, head, paddleThickness / 2, contrast);
    }
  }
  const target = label === 1 ? origin : 1 - origin;
  const start = contours[origin][0].tail;
  const end = contours[target][shape.contourLength - 1].head;
  for (const tip of [start, end]) drawSegment(image, resolution, tip, tip, markerRadius, 1);
  return Uint8Array.from(image, (value) => Math.round(255 * value));
}
