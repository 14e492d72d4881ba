/** A point in pixels: x to the right, y down; pixel (i, j) covers the square from (i, j) - 0.5 to + 0.5. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Samples per pixel side from which coverage is estimated. */
const SAMPLES = 4;
/** No sample of a pixel is farther than this from its centre. */
const HALF_DIAGONAL = Math.SQRT1_2;

function squaredDistance(x: number, y: number, from: Point, to: Point): number {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : ((x - from.x) * dx + (y - from.y) * dy) / squared;
  const at = Math.min(1, Math.max(0, along));
  const px = x - from.x - at * dx;
  const py = y - from.y - at * dy;
  return px * px + py * py;
}

/** Calls `visit` for each pixel whose square comes within `radius` of the segment's bounding box. */
function forBox(
  size: number,
  from: Point,
  to: Point,
  radius: number,
  visit: (x: number, y: number) => void,
): void {
  const x0 = Math.max(0, Math.ceil(Math.min(from.x, to.x) - radius - 0.5));
  const x1 = Math.min(size - 1, Math.floor(Math.max(from.x, to.x) + radius + 0.5));
  const y0 = Math.max(0, Math.ceil(Math.min(from.y, to.y) - radius - 0.5));
  const y1 = Math.min(size - 1, Math.floor(Math.max(from.y, to.y) + radius + 0.5));
  for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) visit(x, y);
}

/**
 * Draws a segment with round ends (a disc when `from` equals `to`), anti-aliased: each pixel is the
 * larger of what it was and min(1, brightness x covered share).
 *
 * @param image [size, size] brightness from 0 to 1, row-major.
 */
export function drawSegment(
  image: Float32Array,
  size: number,
  from: Point,
  to: Point,
  radius: number,
  brightness: number,
): void {
  forBox(size, from, to, radius, (x, y) => {
    if (squaredDistance(x, y, from, to) >= (radius + HALF_DIAGONAL) ** 2) return;
    let inside = 0;
    for (let i = 0; i < SAMPLES; i++) {
      for (let j = 0; j < SAMPLES; j++) {
        const sx = x + (i + 0.5) / SAMPLES - 0.5;
        const sy = y + (j + 0.5) / SAMPLES - 0.5;
        if (squaredDistance(sx, sy, from, to) <= radius * radius) inside++;
      }
    }
    const value = Math.min(1, brightness * inside / (SAMPLES * SAMPLES));
    const at = y * size + x;
    if (value > image[at]) image[at] = value;
  });
}

/** Indices (y * size + x) of the pixels whose centres lie within `radius` of a segment. */
export function segmentPixels(size: number, from: Point, to: Point, radius: number): number[] {
  const pixels: number[] = [];
  forBox(size, from, to, radius, (x, y) => {
    if (squaredDistance(x, y, from, to) <= radius * radius) pixels.push(y * size + x);
  });
  return pixels;
}
