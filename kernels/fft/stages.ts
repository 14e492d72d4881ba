/**
 * Stages of an in-place Fourier transform along columns.
 *
 * Decimation in frequency turns natural order into digit-reversed order, decimation in time turns it
 * back, so a convolution never reorders anything: the spectrum of the kernel stays digit-reversed.
 * Stage p works on blocks of m points (m = n / (r_0 … r_{p-1})): butterfly number `bf` takes the
 * points `place + s k`, k = 0 … r_p − 1, with s = m / r_p.
 */
import { type Complex, Emitter } from "./butterfly.ts";
import { constant } from "../source/mod.ts";
import type { Tensor } from "../../src/graph/contract.ts";

/** Smallest power of two ≥ `count`. */
export function paddedLength(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, count)));
}

/** Radices whose product is n, largest first, or `undefined` if a prime factor exceeds 13. */
export function radices(n: number, largest: number): number[] | undefined {
  let twos = 0;
  while (n % 2 === 0) {
    n /= 2;
    twos++;
  }
  const result: number[] = [];
  for (const p of [13, 11, 7, 5, 3]) {
    while (n % p === 0) {
      n /= p;
      result.push(p);
    }
  }
  if (n !== 1) return undefined;
  const stages = Math.ceil(twos / Math.log2(largest));
  for (let left = stages; left > 0; left--) {
    const take = Math.ceil(twos / left);
    result.push(2 ** take);
    twos -= take;
  }
  return result.length === 0 ? [1] : result.sort((a, b) => b - a);
}

/** The table exp(−2πi k / n), k = 0 … n − 1, as a constant [n, 2]. */
export function twiddles(n: number): Tensor {
  const values = new Float64Array(2 * n);
  for (let k = 0; k < n; k++) {
    values[2 * k] = Math.cos(2 * Math.PI * k / n);
    values[2 * k + 1] = -Math.sin(2 * Math.PI * k / n);
  }
  return constant(`fft_twiddles_${n}`, [n, 2], values);
}

/** One butterfly of a stage. */
export class Stage {
  /** Points of a block. */
  readonly block: number;
  /** Distance of the points of a butterfly. */
  readonly stride: number;
  /** Number of points of a butterfly. */
  readonly radix: number;
  /** Number of butterflies. */
  readonly count: number;

  constructor(
    /** Points of the whole transform. */
    readonly n: number,
    plan: readonly number[],
    readonly index: number,
    /** Input number of the table from {@link twiddles}. */
    readonly table: number,
  ) {
    this.block = plan.slice(0, index).reduce((m, r) => m / r, n);
    this.radix = plan[index];
    this.stride = this.block / this.radix;
    this.count = n / this.radix;
  }

  /** Statements that define `j` and `place` for butterfly `bf`. */
  get head(): string {
    return this.stride === 1
      ? `let place = bf * ${this.radix}u;`
      : `let j = bf % ${this.stride}u;\nlet place = (bf / ${this.stride}u) * ${this.block}u + j;`;
  }

  /** Position of point k. */
  at(k: number): string {
    return k === 0 ? "place" : `(place + ${k * this.stride}u)`;
  }

  /** Reads all points. */
  load(load: (position: string, k: number) => Complex): Complex[] {
    return Array.from({ length: this.radix }, (_, k) => load(this.at(k), k));
  }

  #turned(emitter: Emitter, values: readonly Complex[], conjugate: boolean): Complex[] {
    if (this.stride === 1) return [...values];
    // Powers of one table entry: products of depth log2(r) instead of r − 1 loads.
    const powers: Complex[] = [];
    const step = this.n / this.block;
    for (let k = 1; k < this.radix; k++) {
      if (k === 1) {
        const at = emitter.bind(`j * ${step}u`);
        powers[1] = {
          re: emitter.bind(`in${this.table}(${at}, 0u)`),
          im: emitter.bind(`in${this.table}(${at}, 1u)`),
        };
      } else powers[k] = emitter.multiply(powers[k >> 1], powers[k - (k >> 1)]);
    }
    return values.map((value, k) =>
      k === 0 ? value : emitter.multiply(value, powers[k], conjugate)
    );
  }

  /** Butterfly of the forward transform (decimation in frequency). */
  forward(emitter: Emitter, points: readonly Complex[]): Complex[] {
    return this.#turned(emitter, emitter.transform(points, -1), false);
  }

  /** Butterfly of the inverse transform without the factor 1/n (decimation in time). */
  inverse(emitter: Emitter, points: readonly Complex[]): Complex[] {
    return emitter.transform(this.#turned(emitter, points, true), 1);
  }
}

/** All stages of a transform. */
export function stagesOf(n: number, plan: readonly number[], table: number): Stage[] {
  return plan.map((_, index) => new Stage(n, plan, index, table));
}
