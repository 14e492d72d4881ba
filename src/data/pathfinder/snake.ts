import type { PhiloxStream } from "../../util/philox.ts";
import { type Point, segmentPixels } from "./canvas.ts";
import type { PathfinderShape } from "./parameters.ts";

/** A bar of a contour, drawn from tail to head. */
export interface Paddle {
  readonly tail: Point;
  readonly head: Point;
  /** Direction from tail to head, radians. */
  readonly angle: number;
  /** The pixels that it occupies, margin included. */
  readonly pixels: readonly number[];
}

/** A contour: its paddles in order, at least one. */
export type Snake = Paddle[];

/** Directions from which the circle of candidate heads is sampled. */
const DIRECTIONS = 120;
/** Cosine and sine of the turns that a contour may take: a little over a quarter to each side. */
const TURNS: readonly Point[] = Array.from({ length: DIRECTIONS / 2 + 3 }, (_, i) => {
  const turn = 2 * Math.PI * (i - DIRECTIONS / 4 - 1) / DIRECTIONS;
  return { x: Math.cos(turn), y: Math.sin(turn) };
});

/**
 * The field on which the contours of one image grow without touching (`snakes.py` of
 * drewlinsley/pathfinder): a count per pixel of how many paddles, each widened by the margin,
 * occupy it. The border of width `padding` is occupied from the start.
 */
export class SnakeField {
  readonly #shape: PathfinderShape;
  readonly #margin: number;
  readonly #random: PhiloxStream;
  readonly #occupied: Uint8Array;

  /** @param margin Half of the gap between paddles. */
  constructor(shape: PathfinderShape, margin: number, random: PhiloxStream) {
    this.#shape = shape;
    this.#margin = margin;
    this.#random = random;
    const { resolution, padding } = shape;
    this.#occupied = new Uint8Array(resolution * resolution);
    for (let i = 0; i < resolution; i++) {
      for (let j = 0; j < resolution; j++) {
        const edge = Math.min(i, j, resolution - 1 - i, resolution - 1 - j);
        if (edge < padding) this.#occupied[i * resolution + j] = 1;
      }
    }
  }

  /** A random direction: whole degrees. */
  direction(): number {
    return (this.#random.uniformInt(360) - 180) * Math.PI / 180;
  }

  /** A random pixel at least `inset` from every edge. */
  place(inset: number): Point {
    const width = this.#shape.resolution - 2 * inset;
    return { x: inset + this.#random.uniformInt(width), y: inset + this.#random.uniformInt(width) };
  }

  /** Starts a snake with its first paddle at `tail`; undefined where there is no room. */
  start(tail: Point, angle: number): Snake | undefined {
    const head = shifted(tail, angle, this.#shape.paddleLength);
    const paddle = this.#fitted(tail, head, angle);
    if (paddle === undefined) return undefined;
    this.#count(paddle, 1);
    return [paddle];
  }

  /**
   * Adds one paddle: its head is a free pixel on the circle round the pivot (one margin beyond the
   * last head), drawn with weight max(0, cos(min(continuity x turn, pi / 2)))^2. False when none
   * fits within `tries` draws.
   */
  extend(snake: Snake, tries: number): boolean {
    const last = snake[snake.length - 1];
    const pivot = shifted(last.head, last.angle, this.#margin);
    // A paddle would block the one after it: it counts one paddle later.
    this.#count(last, -1);
    const { heads, weights, total } = this.#candidates(pivot, last.angle);
    let next: Paddle | undefined;
    for (let i = 0; i < tries && next === undefined && heads.length > 0; i++) {
      const head = heads[draw(weights, total * this.#random.uniform())];
      const angle = directionTo(pivot, head);
      next = this.#fitted(shifted(head, angle, -this.#shape.paddleLength), head, angle);
    }
    this.#count(last, 1);
    if (next === undefined) return false;
    this.#count(next, 1);
    snake.push(next);
    return true;
  }

  /** Takes back up to `count` paddles, but never the first. */
  retract(snake: Snake, count: number): void {
    for (let i = 0; i < count && snake.length > 1; i++) {
      this.#count(snake[snake.length - 1], -1);
      snake.pop();
    }
  }

  #candidates(pivot: Point, angle: number) {
    const { paddleLength, continuity, resolution } = this.#shape;
    const heads: Point[] = [];
    const weights: number[] = [];
    let total = 0;
    let before = -1;
    const reach = Math.floor(DIRECTIONS / 4 / Math.max(1, continuity)) + 1;
    const radius = paddleLength + this.#margin;
    const ahead = { x: Math.cos(angle), y: Math.sin(angle) };
    for (let i = -reach; i <= reach; i++) {
      const { x: cos, y: sin } = TURNS[i + DIRECTIONS / 4 + 1];
      const head = {
        x: Math.round(pivot.x + radius * (ahead.x * cos - ahead.y * sin)),
        y: Math.round(pivot.y + radius * (ahead.y * cos + ahead.x * sin)),
      };
      // Neighbouring directions that round to one pixel follow each other.
      const key = head.y * resolution + head.x;
      if (key === before) continue;
      before = key;
      if (!this.#free(head)) continue;
      const dx = head.x - pivot.x;
      const dy = head.y - pivot.y;
      const turn = Math.abs(
        Math.atan2(ahead.x * dy - ahead.y * dx, ahead.x * dx + ahead.y * dy),
      );
      const weight = Math.cos(Math.min(continuity * turn, Math.PI / 2)) ** 2;
      if (weight < 1e-9) continue;
      heads.push(head);
      weights.push(weight);
      total += weight;
    }
    return { heads, weights, total };
  }

  #count({ pixels }: Paddle, change: 1 | -1): void {
    for (const at of pixels) this.#occupied[at] += change;
  }

  #inside({ x, y }: Point): boolean {
    const { resolution, padding } = this.#shape;
    const inner = (value: number) => value >= padding && value <= resolution - 1 - padding;
    return inner(x) && inner(y);
  }

  /** Whether a disc of the margin's radius round a pixel is free. */
  #free(pixel: Point): boolean {
    if (!this.#inside(pixel)) return false;
    const { resolution } = this.#shape;
    const reach = Math.floor(this.#margin);
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        if (dx * dx + dy * dy > this.#margin * this.#margin) continue;
        const x = pixel.x + dx;
        const y = pixel.y + dy;
        if (x < 0 || y < 0 || x >= resolution || y >= resolution) return false;
        if (this.#occupied[y * resolution + x] !== 0) return false;
      }
    }
    return true;
  }

  /** A paddle, when all pixels that it would occupy are free. */
  #fitted(tail: Point, head: Point, angle: number): Paddle | undefined {
    if (!this.#inside(tail) || !this.#inside(head)) return undefined;
    const radius = this.#margin + this.#shape.paddleThickness / 2;
    const pixels = segmentPixels(this.#shape.resolution, tail, head, radius);
    const free = pixels.every((at) => this.#occupied[at] === 0);
    return free ? { tail, head, angle, pixels } : undefined;
  }
}

function shifted({ x, y }: Point, angle: number, distance: number): Point {
  return { x: x + distance * Math.cos(angle), y: y + distance * Math.sin(angle) };
}

function directionTo(from: Point, to: Point): number {
  return Math.atan2(to.y - from.y, to.x - from.x);
}

/** The index in which `at`, 0 to the sum of the weights, falls. */
function draw(weights: readonly number[], at: number): number {
  let sum = 0;
  for (const [i, weight] of weights.entries()) {
    sum += weight;
    if (at < sum) return i;
  }
  return weights.length - 1;
}
