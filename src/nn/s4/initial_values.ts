/**
 * Initial values of S4 parameters, by name (`src/models/sequence/kernels/ssm.py` and `dplr.py` of
 * state-spaces/s4).
 */
import { PhiloxStream } from "../../util/philox.ts";
import { type Initializer, normal, sample, streamOf } from "../initializers.ts";
import { type ComplexVector, legsNplr } from "./hippo.ts";
import { attunedOutput } from "./host_system.ts";
import { outputRows, type S4Init, type S4KernelOptions } from "./options.ts";
import { positiveValue, storedValue } from "./transforms.ts";

/** Bound of the imaginary part of HiPPO's B in the reference. */
const inputClip = 2;

/** Diagonal state space of one feature, one member of each conjugate pair. */
export interface InitialSystem {
  readonly a: ComplexVector;
  readonly b: ComplexVector;
  readonly p: ComplexVector;
}

const filled = (count: number, value: number) => new Float64Array(count).fill(value);

/** Eigenvalues A, inputs B and low-rank factors P with N states, before the transforms. */
export function initialSystem(init: S4Init, states: number): InitialSystem {
  const pairs = states / 2;
  const re = filled(pairs, -0.5);
  if (init === "legs") {
    const { frequencies, p, b } = legsNplr(states);
    const clipped = b.im.map((y) => Math.min(inputClip, Math.max(-inputClip, y)));
    return { a: { re, im: frequencies }, b: { re: b.re, im: clipped }, p };
  }
  const frequency = init === "lin"
    ? (n: number) => Math.PI * n
    : (n: number) => (states / Math.PI) * (states / (2 * n + 1) - 1);
  return {
    a: { re, im: Float64Array.from(re, (_, n) => -frequency(n)) },
    b: { re: filled(pairs, 1), im: filled(pairs, 0) },
    p: { re: filled(pairs, 0), im: filled(pairs, 0) },
  };
}

/** The same for every copy: `perPair` numbers for each of the M pairs. */
function repeated(copies: number, pairs: number, perPair: (n: number) => readonly number[]) {
  const one = Array.from({ length: pairs }, (_, n) => perPair(n)).flat();
  const values = Float32Array.from({ length: copies * one.length }, (_, i) => one[i % one.length]);
  return { kind: "computed", compute: () => values } satisfies Initializer;
}

/** A_real, A_imag [S, M], B, P [1, S, M, 2] as they are stored. */
export function systemInitializers(options: S4KernelOptions, copies: number) {
  const { states, init } = options;
  const pairs = states / 2;
  const { a, b, p } = initialSystem(init, states);
  const vector = ({ re, im }: ComplexVector) => repeated(copies, pairs, (n) => [re[n], im[n]]);
  return {
    real: repeated(copies, pairs, (n) => [storedValue(options.realTransform, -a.re[n])]),
    imag: repeated(copies, pairs, (n) => [storedValue(options.imagTransform, -a.im[n])]),
    b: vector(b),
    p: vector(p),
  };
}

/** inv_dt: steps log-uniform between the bounds, stored through their transform. */
export function stepInitializer(options: S4KernelOptions, count: number): Initializer {
  const [low, high] = [Math.log(options.dtMin), Math.log(options.dtMax)];
  return {
    kind: "computed",
    compute: (name, seed) => {
      const stream = new PhiloxStream(seed, streamOf(name));
      return Float32Array.from(
        { length: count },
        () => storedValue(options.dtTransform, Math.exp(low + (high - low) * stream.uniform())),
      );
    },
  };
}

/** Complex standard normal: both parts N(0, 1/2). */
export const outputInitializer: Initializer = normal(Math.SQRT1_2);

/**
 * C of the low-rank mode, attuned to kernels of `length` taps. The steps are those that `inv_dt` of the
 * same layer starts with; its name is that of C with the last part exchanged.
 */
export function attunedInitializer(
  options: S4KernelOptions,
  features: number,
  length: number,
): Initializer {
  const rows = outputRows(options);
  const pairs = options.states / 2;
  const { a, b, p } = initialSystem(options.init, options.states);
  const rounded = (values: Float64Array) => values.map(Math.fround);
  const back = (transform: S4KernelOptions["realTransform"], values: Float64Array) =>
    values.map((x) => -positiveValue(transform, Math.fround(storedValue(transform, -x))));
  const pole = { re: back(options.realTransform, a.re), im: back(options.imagTransform, a.im) };
  const lowRank = { re: rounded(p.re), im: rounded(p.im) };
  return {
    kind: "computed",
    compute: (name, seed) => {
      const values = sample(outputInitializer, name, [rows, features, pairs, 2], seed);
      const steps = sample(
        stepInitializer(options, features),
        name.replace(/C$/, "inv_dt"),
        [features, 1],
        seed,
      );
      for (let row = 0; row < rows * features; row++) {
        const dt = positiveValue(options.dtTransform, steps[row % features]);
        const at = (n: number, part: number) => (row * pairs + n) * 2 + part;
        const c = {
          re: Float64Array.from(pole.re, (_, n) => values[at(n, 0)]),
          im: Float64Array.from(pole.re, (_, n) => values[at(n, 1)]),
        };
        const attuned = attunedOutput({ a: pole, b, p: lowRank, dt }, c, length);
        attuned.re.forEach((x, n) => {
          values[at(n, 0)] = x;
          values[at(n, 1)] = attuned.im[n];
        });
      }
      return values;
    },
  };
}
