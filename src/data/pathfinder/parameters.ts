/** What shapes a Pathfinder image; lengths in pixels. */
export interface PathfinderShape {
  /** Width and height. */
  readonly resolution: number;
  /** Width of the border that no contour enters. */
  readonly padding: number;
  /** Half of the gap between paddles; one of these per image. */
  readonly paddleMargins: readonly number[];
  readonly paddleLength: number;
  readonly paddleThickness: number;
  readonly markerRadius: number;
  /** Paddles of each of the two long contours. */
  readonly contourLength: number;
  /** Distance between the starts of the two long contours; twice as far from the edges. */
  readonly seedDistance: number;
  /** Larger is straighter. */
  readonly continuity: number;
  /** Paddles of a distractor. */
  readonly distractorLength: number;
  readonly distractors: number;
  /** Brightness of a paddle, clipped at 1 where it covers a pixel in full. */
  readonly contrast: number;
}

/** What the hard subset has in common at every resolution; see {@link PATHFINDER_SHAPES}. */
const HARD = { padding: 1, contourLength: 14, distractorLength: 4 } as const;

/**
 * The parameters that Long Range Arena quotes for its hard subset (`curv_contour_length_14`) at 32,
 * 64 and 128 pixels (`lra_benchmarks/data/pathfinder.py` of google-research/long-range-arena).
 * Contrast is snake times paddle contrast; the numbers of distractors are 20, 22 and 35 divided by
 * their length, rounded down.
 */
export const PATHFINDER_SHAPES = {
  32: {
    ...HARD,
    resolution: 32,
    paddleMargins: [1],
    paddleLength: 2,
    paddleThickness: 0.5,
    markerRadius: 1.5,
    seedDistance: 7,
    continuity: 1,
    distractors: 5,
    contrast: 1.5,
  },
  64: {
    ...HARD,
    resolution: 64,
    paddleMargins: [1],
    paddleLength: 5,
    paddleThickness: 1,
    markerRadius: 2.5,
    seedDistance: 12,
    continuity: 1.8,
    distractors: 5,
    contrast: 0.8,
  },
  128: {
    ...HARD,
    resolution: 128,
    paddleMargins: [2, 3],
    paddleLength: 5,
    paddleThickness: 1.5,
    markerRadius: 3,
    seedDistance: 20,
    continuity: 1.8,
    distractors: 8,
    contrast: 0.9,
  },
} as const satisfies Record<number, PathfinderShape>;

/** A resolution that there are parameters for. */
export type PathfinderResolution = keyof typeof PATHFINDER_SHAPES;
