/**
 * Options of S4 and S4D layers (`src/models/sequence/kernels/ssm.py` and `fftconv.py` of
 * state-spaces/s4).
 */

/** State matrix: diagonal minus low rank (S4), or diagonal (S4D). */
export const s4Modes = ["dplr", "diag"] as const;
/** See {@link s4Modes}. */
export type S4Mode = typeof s4Modes[number];

/** Initial state matrices: HiPPO-LegS, evenly spaced frequencies, inverse-law frequencies. */
export const s4Inits = ["legs", "lin", "inv"] as const;
/** See {@link s4Inits}. */
export type S4Init = typeof s4Inits[number];

/** Discretisations of the diagonal mode; the low-rank mode is always bilinear. */
export const s4Discretizations = ["zoh", "bilinear"] as const;
/** See {@link s4Discretizations}. */
export type S4Discretization = typeof s4Discretizations[number];

/** Maps from stored numbers to positive ones. */
export const s4Transforms = ["exp", "softplus", "relu", "sigmoid", "none"] as const;
/** See {@link s4Transforms}. */
export type S4Transform = typeof s4Transforms[number];

/** Everything that shapes a state-space kernel. */
export interface S4KernelOptions {
  readonly mode: S4Mode;
  readonly init: S4Init;
  readonly discretization: S4Discretization;
  /** N; N/2 conjugate pairs are stored. */
  readonly states: number;
  /** C, outputs per feature. */
  readonly channels: number;
  /** A second set of channels looks at the future, starting one step ahead. */
  readonly bidirectional: boolean;
  /** S, independent sets of (A, B, P), feature h using set h mod S; `null` for one per feature. */
  readonly copies: number | null;
  /** Smallest and largest initial step. */
  readonly dtMin: number;
  readonly dtMax: number;
  readonly dtTransform: S4Transform;
  readonly realTransform: S4Transform;
  readonly imagTransform: S4Transform;
  /** One step per feature, instead of one per feature and pair. */
  readonly tiedDt: boolean;
  /**
   * Longest kernel: taps beyond it are zero, and in the low-rank mode the trained output weights are
   * attuned to it. `null` for the length of the sequence.
   */
  readonly kernelLength: number | null;
}

/** What the reference's layer uses where nothing is said. */
export const defaultKernelOptions: S4KernelOptions = {
  mode: "dplr",
  init: "legs",
  discretization: "zoh",
  states: 64,
  channels: 1,
  bidirectional: false,
  copies: null,
  dtMin: 0.001,
  dtMax: 0.1,
  dtTransform: "exp",
  realTransform: "exp",
  imagTransform: "none",
  tiedDt: true,
  kernelLength: null,
};

/** Rows of C: the channels of both directions. */
export function outputRows({ channels, bidirectional }: S4KernelOptions): number {
  return bidirectional ? 2 * channels : channels;
}
