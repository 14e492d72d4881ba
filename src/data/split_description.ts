import type { Split } from "./dataset.ts";
import { type PackedDocuments, PackedTokenSplit } from "./packed_split.ts";
import { openPixels, PackedValueSplit, type PixelDescription } from "./packed_values.ts";

/**
 * All that another thread needs to open the same split. It can be posted as it is: the arrays of a
 * split in memory are shared, of one in a file only the place is named.
 */
export type SplitDescription =
  | {
    readonly kind: "tokens";
    readonly documents: PackedDocuments;
    readonly seconds: PackedDocuments | undefined;
    readonly labels: Int32Array;
  }
  | {
    readonly kind: "values";
    readonly pixels: PixelDescription;
    readonly labels: Uint8Array | Int32Array;
    /** Value of each pixel level. */
    readonly table: Float32Array;
  };

/** Describes a packed split; undefined for any other object that happens to be a split. */
export function describeSplit(split: Split): SplitDescription | undefined {
  if (split instanceof PackedTokenSplit) {
    const { documents, seconds, labels } = split;
    return { kind: "tokens", documents, seconds, labels };
  }
  if (split instanceof PackedValueSplit) {
    const { store, labels, table } = split;
    return { kind: "values", pixels: store.description, labels, table };
  }
  return undefined;
}

/** The split that was described. */
export function openSplit(description: SplitDescription): Split {
  if (description.kind === "tokens") {
    const { documents, seconds, labels } = description;
    return new PackedTokenSplit(documents, labels, seconds);
  }
  const { pixels, labels, table } = description;
  return new PackedValueSplit(openPixels(pixels), labels, table);
}
