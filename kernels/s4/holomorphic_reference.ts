/** Float64 references of the complex functions and their derivatives. */
import type { RefArray } from "../../src/graph/contract.ts";

type Complex = readonly [number, number];
type Name = "expm1Ratio" | "bilinearLog";

const multiply = (a: Complex, b: Complex): Complex => [
  a[0] * b[0] - a[1] * b[1],
  a[0] * b[1] + a[1] * b[0],
];
const divide = (a: Complex, b: Complex): Complex => {
  const square = b[0] * b[0] + b[1] * b[1];
  return [(a[0] * b[0] + a[1] * b[1]) / square, (a[1] * b[0] - a[0] * b[1]) / square];
};

/** (eᵃ − 1)/a, with eᵃ − 1 in a form that does not cancel. */
function expm1Ratio(a: Complex): Complex {
  if (a[0] === 0 && a[1] === 0) return [1, 0];
  const half = Math.sin(a[1] / 2);
  const real = Math.expm1(a[0]) * Math.cos(a[1]) - 2 * half * half;
  return divide([real, Math.exp(a[0]) * Math.sin(a[1])], a);
}

/** The derivative of (eᵃ − 1)/a; by its series near 0. */
function expm1Slope(a: Complex): Complex {
  if (Math.hypot(a[0], a[1]) > 0.1) {
    const exponential: Complex = [
      Math.exp(a[0]) * Math.cos(a[1]),
      Math.exp(a[0]) * Math.sin(a[1]),
    ];
    const ratio = expm1Ratio(a);
    return divide([exponential[0] - ratio[0], exponential[1] - ratio[1]], a);
  }
  let sum: Complex = [0, 0];
  let powerOverFactorial: Complex = [0.5, 0];
  for (let k = 1; k < 14; k++) {
    sum = [sum[0] + k * powerOverFactorial[0], sum[1] + k * powerOverFactorial[1]];
    const [re, im] = multiply(powerOverFactorial, a);
    powerOverFactorial = [re / (k + 2), im / (k + 2)];
  }
  return sum;
}

function bilinearLog([re, im]: Complex): Complex {
  const [x, y] = divide([1 + re / 2, im / 2], [1 - re / 2, -im / 2]);
  return [Math.log(Math.hypot(x, y)), Math.atan2(y, x)];
}

function bilinearSlope(a: Complex): Complex {
  const [re, im] = multiply(a, a);
  return divide([1, 0], [1 - re / 4, -im / 4]);
}

const values = { expm1Ratio, bilinearLog };
const slopes = { expm1Ratio: expm1Slope, bilinearLog: bilinearSlope };

function map(
  [re, im]: readonly RefArray[],
  each: (a: Complex, i: number) => Complex,
): RefArray[] {
  const parts = [re, im].map(({ shape, data }) => ({ shape, data: new Float64Array(data.length) }));
  re.data.forEach((x, i) => {
    const result = each([x, im.data[i]], i);
    parts[0].data[i] = result[0];
    parts[1].data[i] = result[1];
  });
  return parts;
}

/** Inputs Re a, Im a. */
export function referenceHolomorphic(name: Name, inputs: readonly RefArray[]): RefArray[] {
  return map(inputs, values[name]);
}

/** Inputs Re a, Im a and the gradient's two parts: conj(f′(a)) g. */
export function referenceHolomorphicGradient(name: Name, inputs: readonly RefArray[]): RefArray[] {
  const [, , gre, gim] = inputs;
  return map(inputs, (a, i) => {
    const [re, im] = slopes[name](a);
    return multiply([re, -im], [gre.data[i], gim.data[i]]);
  });
}
