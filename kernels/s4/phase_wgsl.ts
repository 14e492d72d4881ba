/**
 * WGSL for powers of complex numbers near the unit circle that stay accurate for large exponents.
 *
 * An angle is kept as a u32 count of 2^-32 turns, so that (angle x whole number) modulo a full turn
 * is one wrapping integer product, without the rounding of a float product. Cosine and sine come from
 * Taylor polynomials over an eighth of a turn: WGSL promises only 2^-11 for the built-in functions.
 */

const turnsPerRadian = 1 / (2 * Math.PI);
/** 12 significant bits, so that its product with a 12-bit number is exact in float32. */
const turnsHigh = Math.round(turnsPerRadian * 2 ** 14) / 2 ** 14;
const turnsLow = turnsPerRadian - turnsHigh;

/** Horner form in `z` of the coefficients, constant term first. */
function horner(coefficients: readonly number[]): string {
  const [first, ...rest] = coefficients.map((c) =>
    `${c < 0 ? "(" : ""}${Math.fround(c)}f${c < 0 ? ")" : ""}`
  );
  return rest.length === 0 ? first : `fma(z, ${horner(coefficients.slice(1))}, ${first})`;
}

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

/** Taylor coefficients of cos (parity 0) or sin x / x (parity 1) in x². */
function taylor(parity: 0 | 1, terms: number): number[] {
  return Array.from({ length: terms }, (_, k) => (-1) ** k / factorial(2 * k + parity));
}

/**
 * `turns_of(radians) -> u32`, `cis(turns) -> vec2<f32>` (cosine, sine), and
 * `power(rate_re, angle, exponent) -> vec2<f32>` = exp(rate · exponent) for a whole exponent, where
 * `angle` is `turns_of` the imaginary part of the rate.
 */
export const phaseFunctions = `fn fixed(turns: f32) -> u32 {
return bitcast<u32>(i32(round((turns - round(turns)) * 4294967296.0)));
}
fn turns_of(radians: f32) -> u32 {
let high = bitcast<f32>(bitcast<u32>(radians) & 0xfffff000u);
let exact = high * ${turnsHigh}f;
let rest = fma(radians - high, ${turnsHigh}f, radians * (${Math.fround(turnsLow)}f));
return fixed(exact) + fixed(rest);
}
fn cis(turns: u32) -> vec2<f32> {
let quadrant = (turns + 0x20000000u) >> 30u;
let x = f32(bitcast<i32>(turns - (quadrant << 30u))) * ${Math.fround(2 * Math.PI / 2 ** 32)}f;
let z = x * x;
let c = ${horner(taylor(0, 6))};
let s = x * ${horner(taylor(1, 5))};
let odd = (quadrant & 1u) == 1u;
let real = select(c, s, odd);
let imaginary = select(s, c, odd);
let flip_real = quadrant == 1u || quadrant == 2u;
let flip_imaginary = quadrant >= 2u;
return vec2<f32>(select(real, -real, flip_real), select(imaginary, -imaginary, flip_imaginary));
}
fn power(rate_re: f32, angle: u32, exponent: u32) -> vec2<f32> {
return exp(rate_re * f32(exponent)) * cis(angle * exponent);
}`;
