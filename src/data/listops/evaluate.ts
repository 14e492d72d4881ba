import { CLOSE, type Codes, FIRST_OPERATOR } from "./expression.ts";

/**
 * Reducers in code order: MIN, MAX, MED, SM (`to_value` in `lra_benchmarks/data/listops.py` of
 * google-research/long-range-arena). Arguments are digits, at least one.
 */
const OPERATORS: readonly ((values: number[]) => number)[] = [
  // A file may give an operator more arguments than a call can have.
  (values) => values.reduce((least, value) => Math.min(least, value)),
  (values) => values.reduce((most, value) => Math.max(most, value)),
  (values) => {
    const sorted = values.toSorted((a, b) => a - b);
    const upper = sorted.length >> 1;
    // For an even count the mean of the middle two is truncated: the median of 2 and 3 is 2.
    return sorted.length % 2 === 1 ? sorted[upper] : (sorted[upper - 1] + sorted[upper]) >> 1;
  },
  (values) => values.reduce((sum, value) => sum + value, 0) % 10,
];

/**
 * The value, 0 to 9, of an expression. Returns undefined when the codes are not one complete
 * expression (unbalanced brackets, an operator without arguments, left-over tokens).
 */
export function evaluate(codes: Codes): number | undefined {
  const operators: number[] = [];
  const operands: number[][] = [[]];
  for (const code of codes) {
    if (code < FIRST_OPERATOR) operands[operands.length - 1].push(code);
    else if (code < CLOSE) {
      operators.push(code - FIRST_OPERATOR);
      operands.push([]);
    } else {
      const operator = operators.pop();
      const values = operands.pop();
      if (operator === undefined || values === undefined || values.length === 0) return undefined;
      operands[operands.length - 1].push(OPERATORS[operator](values));
    }
  }
  return operators.length === 0 && operands[0].length === 1 ? operands[0][0] : undefined;
}
