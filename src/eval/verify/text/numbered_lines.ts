import { type BlockItem, blockItem, lineStarts, type Slice } from "../../../data/lm/blocks.ts";

/** A text whose tokens tell where they are from. */
export interface NumberedLines {
  readonly lineSizes: Int32Array;
  /** Where each line starts, see `lineStarts`. */
  readonly starts: Float64Array;
  /** What a block of the text reads and predicts. */
  item(slice: Slice): BlockItem;
}

/** The text with lines of these sizes: line i holds 100 (i + 1), 100 (i + 1) + 1, ..., then 2. */
export function numberedLines(sizes: readonly number[]): NumberedLines {
  const ids = Int32Array.from(
    sizes.flatMap((size, line) =>
      Array.from({ length: size }, (_, i) => i === size - 1 ? 2 : 100 * (line + 1) + i)
    ),
  );
  const lineSizes = Int32Array.from(sizes);
  const read = (start: number, end: number) => ids.slice(start, end);
  return { lineSizes, starts: lineStarts(lineSizes), item: (slice) => blockItem(read, slice) };
}

/** The rows of a row-major matrix. */
export function rowsOf(values: Int32Array, length: number): Int32Array[] {
  return Array.from(
    { length: length === 0 ? 0 : values.length / length },
    (_, row) => values.subarray(row * length, (row + 1) * length),
  );
}
