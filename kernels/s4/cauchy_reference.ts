/** Float64 references of the Cauchy sums, pair by pair with explicit complex numbers. */
import type { RefArray } from "../../src/graph/contract.ts";

type Complex = readonly [number, number];

const multiply = (a: Complex, b: Complex): Complex => [
  a[0] * b[0] - a[1] * b[1],
  a[0] * b[1] + a[1] * b[0],
];
const inverse = ([re, im]: Complex): Complex => {
  const square = re * re + im * im;
  return [re / square, -im / square];
};

interface Term {
  /** Position in the numerators. */
  readonly numerator: number;
  /** Position in the poles. */
  readonly pole: number;
  /** Position in the result. */
  readonly at: number;
  readonly sigma: number;
  readonly c: number;
}

function* terms([rho, , re, , table]: readonly RefArray[]): Generator<Term> {
  const [rows, features, pairs] = rho.shape;
  const bins = table.shape[0];
  for (let r = 0; r < rows; r++) {
    for (let h = 0; h < features; h++) {
      for (let n = 0; n < pairs; n++) {
        for (let f = 0; f < bins; f++) {
          yield {
            numerator: (r * features + h) * pairs + n,
            pole: h * re.shape[1] + n,
            at: (r * features + h) * bins + f,
            sigma: table.data[2 * f],
            c: table.data[2 * f + 1],
          };
        }
      }
    }
  }
}

/** 1/((iσ − ca)(iσ − cā)) and the two factors. */
function resolvent(re: number, im: number, { sigma, c }: Term) {
  const left: Complex = [-c * re, sigma - c * im];
  const right: Complex = [-c * re, sigma + c * im];
  return { left, right, both: inverse(multiply(left, right)) };
}

/** Inputs ρ, w, Re a, Im a, table; outputs real and imaginary part. */
export function referenceCauchy(inputs: readonly RefArray[]): RefArray[] {
  const [rho, weight, re, im, table] = inputs;
  const shape = [rho.shape[0], rho.shape[1], table.shape[0]];
  const data = [0, 1].map(() => new Float64Array(shape[0] * shape[1] * shape[2]));
  for (const term of terms(inputs)) {
    const { both } = resolvent(re.data[term.pole], im.data[term.pole], term);
    const value = multiply(
      [term.c * rho.data[term.numerator], term.sigma * weight.data[term.numerator]],
      both,
    );
    data[0][term.at] += value[0];
    data[1][term.at] += value[1];
  }
  return data.map((values) => ({ shape, data: values }));
}

/** Inputs as {@link referenceCauchy}, then the gradient's two parts; gradients of the first four. */
export function referenceCauchyGradient(inputs: readonly RefArray[]): RefArray[] {
  const [rho, weight, re, im, , gre, gim] = inputs;
  const gradients = [rho, weight, re, im].map(({ shape, data }) => ({
    shape,
    data: new Float64Array(data.length),
  }));
  for (const term of terms(inputs)) {
    const { c, sigma } = term;
    const { left, right, both } = resolvent(re.data[term.pole], im.data[term.pole], term);
    const against = (value: Complex) => gre.data[term.at] * value[0] + gim.data[term.at] * value[1];
    const value = multiply(
      [c * rho.data[term.numerator], sigma * weight.data[term.numerator]],
      both,
    );
    gradients[0].data[term.numerator] += against(multiply([c, 0], both));
    gradients[1].data[term.numerator] += against(multiply([0, sigma], both));
    // d/da of 1/(iσ − ca) is c/(iσ − ca)²; the real part moves both factors alike.
    const [l, r] = [left, right].map((factor) =>
      multiply(multiply(value, [c, 0]), inverse(factor))
    );
    gradients[2].data[term.pole] += against([l[0] + r[0], l[1] + r[1]]);
    gradients[3].data[term.pole] += against(multiply([0, 1], [l[0] - r[0], l[1] - r[1]]));
  }
  return gradients;
}
