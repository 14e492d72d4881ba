import { Vocabulary } from "../vocabulary.ts";

/** The 15 ListOps tokens in code order; a token's vocabulary id is its code + 4. */
export const LISTOPS_SYMBOLS = [
  ..."0123456789",
  "[MIN",
  "[MAX",
  "[MED",
  "[SM",
  "X",
] as const;

/** Code of the first operator, `[MIN`; smaller codes are the digits themselves. */
export const FIRST_OPERATOR = 10;
/** Code of the closing bracket, printed as `]` in the files and as `X` in the vocabulary. */
export const CLOSE = 14;

/** The ids of the task: specials, the 15 tokens, `<CLS>`. */
export const LISTOPS_VOCABULARY = new Vocabulary(LISTOPS_SYMBOLS);

/** A ListOps expression in prefix form: one code per token, without parentheses. */
export type Codes = Uint8Array;

/**
 * Prints an expression as the official files do: a leaf is its digit; an operator with arguments
 * a1..an is left-nested into binary nodes, `( ( … ( ( [OP a1 ) a2 ) … an ) ] )`
 * (`to_string` in `lra_benchmarks/data/listops.py` of google-research/long-range-arena).
 */
export function printExpression(codes: Codes): string {
  // An operator opens one parenthesis per argument and one for its bracket.
  const opens = new Uint32Array(codes.length);
  const stack: number[] = [];
  codes.forEach((code, at) => {
    if (code === CLOSE) opens[stack[stack.length - 1]]++;
    if (code >= FIRST_OPERATOR && code < CLOSE) {
      if (stack.length > 0) opens[stack[stack.length - 1]]++;
      stack.push(at);
    } else if (code === CLOSE) stack.pop();
    else if (stack.length > 0) opens[stack[stack.length - 1]]++;
  });
  const parts: string[] = [];
  let depth = 0;
  codes.forEach((code, at) => {
    if (code >= FIRST_OPERATOR && code < CLOSE) {
      for (let i = 0; i < opens[at]; i++) parts.push("(");
      parts.push(LISTOPS_SYMBOLS[code]);
      depth++;
    } else if (code === CLOSE) {
      parts.push("]", ")");
      depth--;
      if (depth > 0) parts.push(")");
    } else {
      parts.push(LISTOPS_SYMBOLS[code]);
      if (depth > 0) parts.push(")");
    }
  });
  return parts.join(" ");
}
