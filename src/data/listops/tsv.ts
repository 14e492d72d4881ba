import { UserError } from "../../errors.ts";
import { writeLinesAtomic } from "../../util/atomic_lines.ts";
import { readLines } from "../lines.ts";
import { evaluate } from "./evaluate.ts";
import { type Codes, printExpression } from "./expression.ts";
import { parseExpression } from "./tokenize.ts";

const HEADER = "Source\tTarget";

/** An expression with its value. */
export interface ListOpsExample {
  readonly codes: Codes;
  /** 0 to 9. */
  readonly label: number;
}

/** The file names of the official splits. */
export const LISTOPS_FILES = {
  train: "basic_train.tsv",
  valid: "basic_val.tsv",
  test: "basic_test.tsv",
} as const;

/**
 * Reads an official ListOps file: a header `Source<TAB>Target`, then one expression and its value
 * per line, LF or CRLF (written by `lra_benchmarks/data/listops.py` of
 * google-research/long-range-arena). Expressions must be complete and made of ListOps tokens.
 *
 * @param options.checkValues Refuse a given value that is not the expression's.
 * @throws UserError with file and line.
 */
export async function* readListOpsTsv(
  path: string,
  options: { checkValues?: boolean } = {},
): AsyncGenerator<ListOpsExample> {
  let number = 0;
  for await (const line of readLines(path)) {
    number++;
    const fail = (what: string) => new UserError(`${path}:${number}: ${what}`);
    if (number === 1) {
      if (line !== HEADER) throw fail(`expected the header "Source<TAB>Target"`);
      continue;
    }
    const fields = line.split("\t");
    if (fields.length !== 2) throw fail(`expected 2 tab-separated fields, found ${fields.length}`);
    const [source, target] = fields;
    if (!/^\d$/.test(target)) {
      throw fail(`target ${JSON.stringify(target.slice(0, 20))} is not a digit from 0 to 9`);
    }
    const codes = parseExpression(source);
    if ("unknown" in codes) {
      throw fail(`unknown token ${JSON.stringify(codes.unknown.slice(0, 20))}`);
    }
    if (codes.length === 0) throw fail("the expression is empty");
    const label = Number(target);
    const value = evaluate(codes);
    if (value === undefined) throw fail("the expression is incomplete or unbalanced");
    if (options.checkValues && value !== label) {
      throw fail(`the expression is worth ${value}, the file says ${label}`);
    }
    yield { codes, label };
  }
  if (number === 0) throw new UserError(`${path}: the file is empty`);
  if (number === 1) throw new UserError(`${path}: no expression after the header`);
}

/** Writes expressions in the official format (CRLF, as Python's csv writer), atomically. */
export async function writeListOpsTsv(
  path: string,
  examples: Iterable<ListOpsExample>,
): Promise<void> {
  await writeLinesAtomic(path, expressionLines(examples));
}

function* expressionLines(examples: Iterable<ListOpsExample>): Generator<string> {
  yield `${HEADER}\r\n`;
  for (const { codes, label } of examples) yield `${printExpression(codes)}\t${label}\r\n`;
}
