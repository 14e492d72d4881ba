import { UserError } from "../../errors.ts";
import { PhiloxStream } from "../../util/philox.ts";
import { RANDOM_STREAMS } from "../../util/random_streams.ts";
import { CLOSE, type Codes, FIRST_OPERATOR } from "./expression.ts";

/** Raised whenever the same parameters and seed would give other expressions. */
export const GENERATOR_VERSION = 1;

/** What the generator makes. Lengths count tokens: digits, operators, brackets; no parentheses. */
export interface ListOpsParams {
  /** Number of training expressions. */
  readonly train: number;
  /** Number of validation expressions. */
  readonly valid: number;
  /** Number of test expressions. */
  readonly test: number;
  /** Operators stand at depths 1 to maxDepth - 1; the root has depth 1. */
  readonly maxDepth: number;
  /** An operator has 2 to maxArgs arguments. */
  readonly maxArgs: number;
  /** Lengths are strictly above this. */
  readonly minLength: number;
  /** Lengths are strictly below this. */
  readonly maxLength: number;
}

/** Probability that a node above maxDepth is an operator (LRA's generator). */
const OPERATOR_PROBABILITY = 0.25;

/** Give up when this many draws in a row bring no new expression. */
const MAX_FRUITLESS_DRAWS = 2_000_000;

/** UserError unless the parameters describe a possible data set. */
export function checkListOpsParams(params: ListOpsParams): void {
  for (const [name, value] of Object.entries(params)) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new UserError(`listops: ${name} is ${value}, expected a whole number`);
    }
  }
  const { maxDepth, maxArgs, minLength, maxLength } = params;
  if (maxArgs < 2) throw new UserError(`listops: maxArgs is ${maxArgs}, expected at least 2`);
  if (maxDepth < 1) throw new UserError(`listops: maxDepth is ${maxDepth}, expected at least 1`);
  if (maxLength - minLength < 2) {
    throw new UserError(`listops: no length lies strictly between ${minLength} and ${maxLength}`);
  }
}

/**
 * The Long Range Arena generator (`lra_benchmarks/data/listops.py` of
 * google-research/long-range-arena) as an endless stream of distinct expressions.
 * A node at depth d < maxDepth is an operator with probability 0.25, with a uniform number of
 * arguments in 2..maxArgs and a uniform operator; else a uniform digit. Trees outside the length
 * window and repeated ones are redrawn. The stream is a function of the four shape parameters and
 * the seed alone. Throws UserError when the window cannot give more distinct expressions.
 */
export function* generateExpressions(
  params: Omit<ListOpsParams, "train" | "valid" | "test">,
  seed: number | bigint,
): Generator<Codes, never, void> {
  checkListOpsParams({ train: 0, valid: 0, test: 0, ...params });
  const { maxDepth, maxArgs, minLength, maxLength } = params;
  const random = new PhiloxStream(seed, RANDOM_STREAMS.listops);
  const buffer = new Uint8Array(maxLength);
  const seen = new Set<string>();
  const latin1 = new TextDecoder("latin1");
  let length = 0;

  /** Appends a random tree; false as soon as it cannot stay below maxLength any more. */
  const appendTree = (depth: number): boolean => {
    if (depth >= maxDepth || random.uniform() > OPERATOR_PROBABILITY) {
      buffer[length++] = random.uniformInt(10);
      return length < maxLength;
    }
    let args = 2 + random.uniformInt(maxArgs - 1);
    buffer[length++] = FIRST_OPERATOR + random.uniformInt(CLOSE - FIRST_OPERATOR);
    if (length + args + 1 >= maxLength) return false;
    while (args-- > 0) if (!appendTree(depth + 1)) return false;
    buffer[length++] = CLOSE;
    return length < maxLength;
  };

  let fruitless = 0;
  while (true) {
    length = 0;
    if (appendTree(1) && length > minLength) {
      const codes = buffer.slice(0, length);
      const key = latin1.decode(codes);
      if (!seen.has(key)) {
        seen.add(key);
        fruitless = 0;
        yield codes;
        continue;
      }
    }
    fruitless++;
    if (fruitless === MAX_FRUITLESS_DRAWS) {
      throw new UserError(
        `listops: only ${seen.size} distinct expressions of length ${minLength + 1} to ` +
          `${maxLength - 1} were found: widen the length window or ask for fewer`,
      );
    }
  }
}
