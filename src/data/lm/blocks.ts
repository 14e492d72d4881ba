/**
 * How a text of lines is cut into the blocks that a language model reads
 * (`fairseq/data/token_block_dataset.py`, `token_block_utils_fast.pyx`). Sizes count the `</s>`
 * that ends each line; positions count from the start of the text.
 */
import { EOS_ID } from "../vocabulary.ts";

/** Where blocks may end. */
export type BreakMode = "none" | "eos" | "complete" | "complete_doc";

/** The tokens [start, end) of a text. */
export type Slice = readonly [start: number, end: number];

/** How blocks are cut. */
export interface BlockOptions {
  /**
   * `none`: after exactly the block size; `eos`: after each line; `complete`: after the last line
   * that fits, a longer line being a block of its own; `complete_doc`: as that, and no block
   * crosses an empty line (of `separatorSize` tokens), which belongs to none.
   */
  readonly mode: BreakMode;
  /** Most tokens of the next block: asked once for each block. */
  readonly nextSize: () => number;
  /** Size of the line that separates documents in `complete_doc` (default 1: `</s>` alone). */
  readonly separatorSize?: number;
}

/** Cuts a text whose lines have these sizes. Blocks of `complete_doc` with one token are dropped. */
export function sliceBlocks(lineSizes: Int32Array, options: BlockOptions): Slice[] {
  const { mode, nextSize, separatorSize = 1 } = options;
  const slices: Slice[] = [];
  if (mode === "none") {
    const total = sumOf(lineSizes);
    for (let start = 0; start < total;) {
      const end = Math.min(total, start + nextSize());
      slices.push([start, end]);
      start = end;
    }
    return slices;
  }
  if (mode === "eos") {
    let start = 0;
    for (const size of lineSizes) slices.push([start, start += size]);
    return slices;
  }
  const documents = mode === "complete_doc";
  const least = documents ? 2 : 1;
  let limit: number | undefined;
  let start = 0;
  let end = 0;
  const close = () => {
    if (end - start < least) return;
    slices.push([start, end]);
    limit = undefined;
  };
  for (const size of lineSizes) {
    limit ??= nextSize();
    const separates = documents && size === separatorSize;
    if (separates || (end > start && end - start + size > limit)) {
      close();
      start = end;
      if (separates) {
        start = end += size;
        continue;
      }
      limit ??= nextSize();
    }
    end += size;
  }
  close();
  return slices;
}

/** The block size of `--valid-block splits:k`, which gives k or k + 1 documents in `complete`. */
export function splitsBlockSize(totalTokens: number, k: number): number {
  return Math.ceil(totalTokens / k);
}

/** Sum of sizes. */
export function sumOf(sizes: Iterable<number>): number {
  let sum = 0;
  for (const size of sizes) sum += size;
  return sum;
}

/** Position of each line's first token. */
export function lineStarts(lineSizes: Int32Array): Float64Array {
  const starts = new Float64Array(lineSizes.length);
  for (let i = 1; i < starts.length; i++) starts[i] = starts[i - 1] + lineSizes[i - 1];
  return starts;
}

/** The line that holds a position: the last one that starts at or before it. */
export function lineAt(starts: Float64Array, position: number): number {
  let low = 0;
  for (let high = starts.length - 1; low < high;) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** For a slice: its first line, where in that line it starts, and the line of its last token. */
export function linesOfSlice(
  starts: Float64Array,
  [start, end]: Slice,
): [line: number, offset: number, endLine: number] {
  const line = lineAt(starts, start);
  return [line, start - starts[line], lineAt(starts, end - 1)];
}

/** What a model reads and what it has to predict, of equal lengths. */
export interface BlockItem {
  /** `target` one step later: the token before the block first, `</s>` at the start of the text. */
  readonly source: Int32Array;
  readonly target: Int32Array;
}

/**
 * The item of a slice. The token before a line is the `</s>` of the line before, which is also what
 * the first line of a text begins with.
 *
 * @param read Gives the tokens [start, end) of the text.
 */
export function blockItem(
  read: (start: number, end: number) => Int32Array,
  [start, end]: Slice,
): BlockItem {
  const target = read(start, end);
  const source = new Int32Array(target.length);
  if (start > 0) source.set(read(start - 1, end - 1));
  else {
    source[0] = EOS_ID;
    source.set(target.subarray(0, -1), 1);
  }
  return { source, target };
}
