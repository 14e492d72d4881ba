import { UserError } from "../../errors.ts";
import { writeLinesAtomic } from "../../util/atomic_lines.ts";
import { readByteLines } from "../byte_lines.ts";

/** Two documents and whether they are linked. */
export interface DocumentPair {
  /** 1 when one cites the other, else 0. */
  readonly label: number;
  readonly ids: readonly [string, string];
  /** The texts as bytes; valid until the next pair is asked for. */
  readonly texts: readonly [Uint8Array, Uint8Array];
}

/** The file names of the official splits, in `lra_release/tsv_data`. */
export const AAN_FILES = {
  train: "new_aan_pairs.train.tsv",
  valid: "new_aan_pairs.eval.tsv",
  test: "new_aan_pairs.test.tsv",
} as const;

const TAB = 9;
const FIELDS = "label, id1, id2, text1, text2";

/**
 * Reads an AAN file: per line the label (0 or 1, also written 0.0 or 1.0), two ids and two texts,
 * separated by tabs, without header; quotes mean nothing
 * (`lra_benchmarks/matching/input_pipeline.py` of google-research/long-range-arena).
 *
 * @throws UserError with file and line.
 */
export async function* readPairs(path: string): AsyncGenerator<DocumentPair> {
  const decoder = new TextDecoder();
  let number = 0;
  for await (const line of readByteLines(path)) {
    number++;
    const fail = (what: string) => new UserError(`${path}:${number}: ${what}`);
    const tabs: number[] = [];
    for (let at = line.indexOf(TAB); at !== -1; at = line.indexOf(TAB, at + 1)) tabs.push(at);
    if (tabs.length !== 4) {
      throw fail(`expected 5 tab-separated fields (${FIELDS}), found ${tabs.length + 1}`);
    }
    const [a, b, c, d] = tabs;
    const text = (from: number, to: number) => decoder.decode(line.subarray(from, to));
    const label = text(0, a);
    if (!/^[01](?:\.0*)?$/.test(label)) {
      throw fail(`label ${JSON.stringify(label.slice(0, 20))} is not 0 or 1`);
    }
    yield {
      label: Number(label),
      ids: [text(a + 1, b), text(b + 1, c)],
      texts: [line.subarray(c + 1, d), line.subarray(d + 1)],
    };
  }
  if (number === 0) throw new UserError(`${path}: the file is empty`);
}

/** Writes pairs in the same format, atomically. Throws Error for a text with a tab or a line end. */
export async function writePairs(path: string, pairs: Iterable<DocumentPair>): Promise<void> {
  await writeLinesAtomic(path, pairLines(pairs));
}

function* pairLines(pairs: Iterable<DocumentPair>): Generator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (const { label, ids, texts } of pairs) {
    const fields = [`${label}.0`, ...ids, ...texts.map((text) => decoder.decode(text))];
    if (fields.some((field) => /[\t\r\n]/.test(field))) {
      throw new Error(`the pair ${ids.join(" ")} does not fit a line`);
    }
    yield `${fields.join("\t")}\n`;
  }
}
