import { EOS_ID } from "../vocabulary.ts";
import { CLOSE, type Codes, LISTOPS_SYMBOLS, LISTOPS_VOCABULARY } from "./expression.ts";

const CODES: ReadonlyMap<string, number> = new Map(
  LISTOPS_SYMBOLS.map((symbol, code) => [symbol, code]),
);

/**
 * The tokens of a printed expression, as in the reference: every `]` becomes `X`, parentheses
 * are deleted, the rest is split at white space (`lra_benchmarks/listops/input_pipeline.py` of
 * google-research/long-range-arena).
 */
export function tokenizeListOps(source: string): string[] {
  return source.replaceAll("]", "X").replace(/[()]/g, "").split(/\s+/).filter((token) => token);
}

/** The codes of a printed expression, or the first token that ListOps does not have. */
export function parseExpression(source: string): Codes | { unknown: string } {
  return parseCanonical(source) ?? parseAny(source);
}

/** `tokenizeListOps` for the spacing of the official files, ten times faster; else undefined. */
function parseCanonical(source: string): Codes | undefined {
  const codes = new Uint8Array(source.length);
  let length = 0;
  for (let start = 0; start < source.length;) {
    let end = source.indexOf(" ", start);
    if (end === -1) end = source.length;
    const first = source[start];
    if (end - start === 1) {
      if (first === "]") codes[length++] = CLOSE;
      else if (first >= "0" && first <= "9") codes[length++] = source.charCodeAt(start) - 48;
      else if (first !== "(" && first !== ")") return undefined;
    } else {
      const code = CODES.get(source.slice(start, end));
      if (code === undefined) return undefined;
      codes[length++] = code;
    }
    start = end + 1;
  }
  return codes.slice(0, length);
}

function parseAny(source: string): Codes | { unknown: string } {
  const tokens = tokenizeListOps(source);
  const codes = new Uint8Array(tokens.length);
  for (const [i, token] of tokens.entries()) {
    const code = CODES.get(token);
    if (code === undefined) return { unknown: token };
    codes[i] = code;
  }
  return codes;
}

/** Vocabulary ids of an expression with `</s>` appended, cut to the first `maxPositions` ids. */
export function encodeExpression(codes: Codes, maxPositions: number): Uint8Array {
  const firstId = LISTOPS_VOCABULARY.id(LISTOPS_SYMBOLS[0]);
  const ids = new Uint8Array(Math.min(codes.length + 1, maxPositions));
  for (let i = 0; i < ids.length; i++) ids[i] = i < codes.length ? codes[i] + firstId : EOS_ID;
  return ids;
}
