import { UserError } from "../errors.ts";

/** Multipliers and key increments of Philox 4x32 (Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3"). */
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/**
 * Value of counter word 3 in every host stream. The GPU kernels use 0 there, so that no host draw
 * ever shares a block with a dropout mask.
 */
const HOST_DOMAIN = 1;

/** The high 32 bits of the 64-bit product of two u32, exact in doubles through 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (carry >>> 16)) >>> 0;
}

/**
 * One Philox 4x32-10 block, written into `out` at `offset` (four u32). Same bits as the WGSL twin.
 * All counter and key words are u32.
 */
export function philoxBlock(
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
  out: Uint32Array,
  offset: number,
): void {
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, counter0);
    const low0 = Math.imul(MULTIPLIER_0, counter0);
    const high1 = multiplyHigh(MULTIPLIER_1, counter2);
    const low1 = Math.imul(MULTIPLIER_1, counter2);
    counter0 = (high1 ^ counter1 ^ key0) >>> 0;
    counter1 = low1 >>> 0;
    counter2 = (high0 ^ counter3 ^ key1) >>> 0;
    counter3 = low0 >>> 0;
    key0 = (key0 + WEYL_0) >>> 0;
    key1 = (key1 + WEYL_1) >>> 0;
  }
  out[offset] = counter0;
  out[offset + 1] = counter1;
  out[offset + 2] = counter2;
  out[offset + 3] = counter3;
}

/** Four u32 words: a Philox counter or output block. */
export type PhiloxWords = [number, number, number, number];

/** One Philox 4x32-10 block: counter (4 u32) and key (2 u32) to 4 u32. */
export function philox4x32(counter: Readonly<PhiloxWords>, key: readonly [number, number]) {
  const out = new Uint32Array(4);
  philoxBlock(counter[0], counter[1], counter[2], counter[3], key[0], key[1], out, 0);
  const words: PhiloxWords = [out[0], out[1], out[2], out[3]];
  return words;
}

/** The Philox key of a seed: (low 32 bits, high 32 bits). Throws UserError outside 0..2^64-1. */
export function philoxKey(seed: number | bigint): [number, number] {
  if (typeof seed === "number" && !Number.isSafeInteger(seed)) {
    throw new UserError(`seed ${seed}: expected a whole number`);
  }
  const value = BigInt(seed);
  if (value < 0n || value >= 1n << 64n) {
    throw new UserError(`seed ${seed}: expected a whole number from 0 to 2^64 - 1`);
  }
  return [Number(value & 0xffffffffn), Number(value >> 32n)];
}

/** A `PhiloxStream` as plain JSON data. */
export interface PhiloxState {
  /** The seed as a decimal string (it may exceed 2^53). */
  seed: string;
  /** The stream number, u32. */
  stream: number;
  /** How many u32 were drawn. */
  position: number;
  /** The second value of the last Box-Muller pair, when it is still unused. */
  spareNormal: number | null;
}

/**
 * THE random source of the project on the host: a counter-based Philox 4x32-10 stream.
 *
 * Key = (seed low, seed high); counter = (block low, block high, stream, 1). The GPU uses the same
 * key with counter = (element index / 4, step, operation id, 0) and turns a u32 into a uniform by
 * `(u32 >> 8) * 2^-24`, as `uniform` does here. Streams of one seed are independent of each other;
 * their numbers are handed out in `random_streams.ts`.
 */
export class PhiloxStream {
  readonly #seed: bigint;
  readonly #stream: number;
  readonly #key: [number, number];
  readonly #block = new Uint32Array(4);
  #position = 0;
  #spareNormal: number | null = null;

  /** @param seed 0 to 2^64 - 1 (else UserError). @param stream u32 (else RangeError). */
  constructor(seed: number | bigint, stream: number) {
    if (!Number.isInteger(stream) || stream < 0 || stream > 0xffffffff) {
      throw new RangeError(`Philox stream ${stream} is not a u32`);
    }
    this.#key = philoxKey(seed);
    this.#seed = BigInt(seed);
    this.#stream = stream;
  }

  /** The next raw 32-bit value. */
  nextU32(): number {
    const within = this.#position & 3;
    if (within === 0) this.#fill();
    this.#position++;
    return this.#block[within];
  }

  /** Uniform in [0, 1) with 24 bits, exactly representable in float32. */
  uniform(): number {
    return (this.nextU32() >>> 8) * 2 ** -24;
  }

  /** Uniform whole number in [0, n), unbiased by rejection; 1 <= n <= 2^32. */
  uniformInt(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(`uniformInt(${n}): expected a whole number from 1 to 2^32`);
    }
    const limit = 2 ** 32 - (2 ** 32 % n);
    let value = this.nextU32();
    while (value >= limit) value = this.nextU32();
    return value % n;
  }

  /** Standard normal by Box-Muller (float64); each pair of draws gives two values, both used. */
  normal(): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal;
      this.#spareNormal = null;
      return spare;
    }
    // Half a step above zero keeps the logarithm finite.
    const radius = Math.sqrt(-2 * Math.log((this.nextU32() + 0.5) * 2 ** -32));
    const angle = 2 * Math.PI * this.nextU32() * 2 ** -32;
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Shuffles in place (Fisher-Yates from the back) and returns the same array. */
  shuffle<T, A extends { length: number; [index: number]: T }>(array: A): A {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.uniformInt(i + 1);
      const swapped = array[i];
      array[i] = array[j];
      array[j] = swapped;
    }
    return array;
  }

  /** Where the stream is, as JSON data. */
  get state(): PhiloxState {
    return {
      seed: this.#seed.toString(),
      stream: this.#stream,
      position: this.#position,
      spareNormal: this.#spareNormal,
    };
  }

  /** A stream that continues to the same bits as the one whose `state` this is. */
  static restore(state: PhiloxState): PhiloxStream {
    if (!/^\d+$/.test(state.seed) || !Number.isSafeInteger(state.position) || state.position < 0) {
      throw new UserError("saved random state is damaged: start again without --resume");
    }
    const stream = new PhiloxStream(BigInt(state.seed), state.stream);
    stream.#position = state.position;
    stream.#spareNormal = state.spareNormal;
    if ((state.position & 3) !== 0) stream.#fill();
    return stream;
  }

  /** Computes the block that holds the current position. */
  #fill(): void {
    const block = Math.floor(this.#position / 4);
    philoxBlock(
      block >>> 0,
      Math.floor(block / 2 ** 32),
      this.#stream,
      HOST_DOMAIN,
      this.#key[0],
      this.#key[1],
      this.#block,
      0,
    );
  }
}
