import { readError } from "../util/read_error.ts";
import { UserError } from "../errors.ts";
import { toShared } from "../util/shared_array.ts";
import type { Split, ValueExample } from "./dataset.ts";

/** Where the pixels of a split are: one byte per value, examples of equal size one after another. */
export interface PixelStore {
  /** Values per example, L. */
  readonly pixels: number;
  /** All that another thread needs to open the same pixels. */
  readonly description: PixelDescription;
  /** The bytes of example `index`; a view or a copy, not to be changed. */
  row(index: number): Uint8Array;
}

/** Pixels in shared memory, or the place of pixels in a file; can be posted to a worker. */
export type PixelDescription =
  | { readonly kind: "memory"; readonly bytes: Uint8Array; readonly pixels: number }
  | {
    readonly kind: "file";
    readonly path: string;
    /** Byte position of the first example. */
    readonly start: number;
    readonly pixels: number;
  };

/** The pixels that were described. */
export function openPixels(description: PixelDescription): PixelStore {
  if (description.kind === "memory") {
    return new MemoryPixels(description.bytes, description.pixels);
  }
  return new FilePixels(description.path, description.start, description.pixels);
}

/** Pixels in memory, which is shared so that workers can read it without a copy of their own. */
export class MemoryPixels implements PixelStore {
  readonly pixels: number;
  readonly #bytes: Uint8Array;

  /** @param bytes Examples of `pixels` bytes each. */
  constructor(bytes: Uint8Array, pixels: number) {
    this.#bytes = toShared(bytes);
    this.pixels = pixels;
  }

  get description(): PixelDescription {
    return { kind: "memory", bytes: this.#bytes, pixels: this.pixels };
  }

  row(index: number): Uint8Array {
    return this.#bytes.subarray(index * this.pixels, (index + 1) * this.pixels);
  }
}

/**
 * Pixels in a file, one read per example, for splits that are larger than memory should hold. The
 * file is opened for each read, so nothing is left open; UserError when it is gone or cut.
 */
export class FilePixels implements PixelStore {
  readonly pixels: number;
  readonly #path: string;
  readonly #start: number;

  /** @param start Byte position of the first example. */
  constructor(path: string, start: number, pixels: number) {
    this.#path = path;
    this.#start = start;
    this.pixels = pixels;
  }

  get description(): PixelDescription {
    return { kind: "file", path: this.#path, start: this.#start, pixels: this.pixels };
  }

  row(index: number): Uint8Array {
    const row = new Uint8Array(this.pixels);
    try {
      using file = Deno.openSync(this.#path);
      file.seekSync(this.#start + index * this.pixels, Deno.SeekMode.Start);
      for (let done = 0; done < row.length;) {
        const n = file.readSync(row.subarray(done));
        if (n === null) throw new UserError(`${this.#path}: the file is cut: remove it`);
        done += n;
      }
    } catch (error) {
      throw readError(error, this.#path);
    }
    return row;
  }
}

/**
 * The value of each of the 256 pixel levels, (x / 255 - mean) / std, rounded to float32 after each
 * step as the reference's tensors are (`fairseq/data/pixel_sequence_dataset.py` of
 * facebookresearch/mega).
 */
export function pixelTable(mean: number, std: number): Float32Array {
  const { fround } = Math;
  return Float32Array.from(
    { length: 256 },
    (_, x) => fround(fround(fround(x / 255) - fround(mean)) / fround(std)),
  );
}

/** A split of value examples that are stored as bytes and normalised when read. */
export class PackedValueSplit implements Split<ValueExample> {
  readonly length: number;
  /** One byte per label where all are below 256, else four. */
  readonly labels: Uint8Array | Int32Array;
  readonly store: PixelStore;
  /** [256] value of each pixel level. */
  readonly table: Float32Array;

  /** @param labels [n] class indices. @param table Value of each pixel level, see `pixelTable`. */
  constructor(store: PixelStore, labels: Uint8Array | Int32Array, table: Float32Array) {
    this.length = labels.length;
    this.labels = toShared(labels);
    this.store = store;
    this.table = table;
  }

  /** Values per example, L. */
  get pixels(): number {
    return this.store.pixels;
  }

  /** The stored bytes of an example; RangeError outside. */
  bytes(index: number): Uint8Array {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length)) {
      throw new RangeError(`example ${index} of ${this.length}`);
    }
    return this.store.row(index);
  }

  example(index: number): ValueExample {
    return valueExample(this.bytes(index), this.labels[index], this.table);
  }
}

/** An example from its bytes. */
export function valueExample(
  bytes: Uint8Array,
  label: number,
  table: Float32Array,
): ValueExample {
  const values = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) values[i] = table[bytes[i]];
  return { kind: "values", values, label };
}
