/** Weights as units of the state of an EMA. */
import { literal } from "../source/generate.ts";

const least = literal(2 ** -64, "f32");

/**
 * WGSL function `unit(weight)`: the weight as a divisor. A weight of (nearly) zero becomes 2^-64, which
 * keeps the quotient finite and moves results by far less than their rounding error.
 */
export const unit =
  `fn unit(weight: f32) -> f32 { return select(weight, ${least}, abs(weight) < ${least}); }\n`;

/**
 * Smallest decay by which a state is divided, half the distance from 1 to the next smaller f32: raising a
 * decay to it changes sums by no more than their rounding error.
 */
export const leastDecay = 2 ** -24;
