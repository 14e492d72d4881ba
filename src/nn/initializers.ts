/**
 * Initial distributions of parameters, sampled on the host: those of `reset_parameters` in
 * `fairseq/modules` of facebookresearch/mega.
 */
import { type Shape, sizeOf } from "../graph/contract.ts";
import { PhiloxStream } from "../util/philox.ts";
import { sha256Hex } from "../util/sha256.ts";

/** How a parameter starts, as plain data. */
export type Initializer =
  /** The same value everywhere. */
  | { readonly kind: "constant"; readonly value: number }
  /** Normal with mean 0; row `zeroRow` of the first axis is zero. */
  | { readonly kind: "normal"; readonly deviation: number; readonly zeroRow?: number }
  /** Uniform in [-bound, bound). */
  | { readonly kind: "uniform"; readonly bound: number }
  /** Normal around +1, -1, +1, ... along `axis` (the EMA's beta). */
  | { readonly kind: "alternating"; readonly deviation: number; readonly axis: number }
  /** Values worked out elsewhere, by the full name of the parameter and the seed. */
  | {
    readonly kind: "computed";
    readonly compute: (name: string, seed: number | bigint) => ArrayLike<number>;
  };

/** All zeros. */
export const zeros: Initializer = { kind: "constant", value: 0 };
/** All ones. */
export const ones: Initializer = { kind: "constant", value: 1 };

/** Normal with the given standard deviation. */
export function normal(deviation: number): Initializer {
  return { kind: "normal", deviation };
}

/** Xavier-uniform for a linear weight [fanOut, fanIn]: U(±gain·√(6/(fanIn + fanOut))). */
export function xavierUniform(fanIn: number, fanOut: number, gain = 1): Initializer {
  return { kind: "uniform", bound: gain * Math.sqrt(6 / (fanIn + fanOut)) };
}

/** The default of a plain linear layer, weight and bias alike: U(±1/√fanIn). */
export function linearDefault(fanIn: number): Initializer {
  return { kind: "uniform", bound: 1 / Math.sqrt(fanIn) };
}

/**
 * Host random stream of a parameter: a function of its name, so that neither the order of creation
 * nor other parameters matter. The top bit keeps clear of the numbered streams.
 */
export function streamOf(name: string): number {
  return (parseInt(sha256Hex(name).slice(0, 8), 16) | 0x80000000) >>> 0;
}

/** Initial values, rounded to float32; the same for the same seed, name and shape. */
export function sample(
  initializer: Initializer,
  name: string,
  shape: Shape,
  seed: number | bigint,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(sizeOf(shape));
  if (initializer.kind === "constant") return values.fill(initializer.value);
  if (initializer.kind === "computed") {
    values.set(Float32Array.from(initializer.compute(name, seed)));
    return values;
  }
  const stream = new PhiloxStream(seed, streamOf(name));
  switch (initializer.kind) {
    case "normal": {
      for (let i = 0; i < values.length; i++) values[i] = initializer.deviation * stream.normal();
      const row = sizeOf(shape.slice(1));
      const { zeroRow } = initializer;
      if (zeroRow !== undefined) values.fill(0, zeroRow * row, (zeroRow + 1) * row);
      return values;
    }
    case "uniform":
      for (let i = 0; i < values.length; i++) {
        values[i] = initializer.bound * (2 * stream.uniform() - 1);
      }
      return values;
    case "alternating": {
      const inner = sizeOf(shape.slice(initializer.axis + 1));
      const extent = shape[initializer.axis];
      for (let i = 0; i < values.length; i++) {
        const sign = Math.floor(i / inner) % extent % 2 === 0 ? 1 : -1;
        values[i] = sign + initializer.deviation * stream.normal();
      }
      return values;
    }
  }
}
