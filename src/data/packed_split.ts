import { toShared } from "../util/shared_array.ts";
import type { Split, TokenExample } from "./dataset.ts";

/** Many token sequences in one array: document i is `ids[offsets[i]]` up to `ids[offsets[i + 1]]`. */
export interface PackedDocuments {
  /** One byte per token where all ids are below 256, else four. */
  readonly ids: Uint8Array | Int32Array;
  /** Number of documents + 1 entries, rising from 0 to `ids.length`. */
  readonly offsets: Uint32Array;
}

/** Collects documents; arrays grow by doubling. */
export class DocumentPacker {
  #ids: Uint8Array | Int32Array;
  #offsets = new Uint32Array(1024);
  #count = 0;

  /** @param vocabularySize Chooses one or four bytes per token. */
  constructor(vocabularySize: number) {
    this.#ids = vocabularySize <= 256 ? new Uint8Array(1 << 16) : new Int32Array(1 << 14);
  }

  /** Appends a document (copied). */
  add(document: ArrayLike<number>): void {
    const start = this.#offsets[this.#count];
    const end = start + document.length;
    if (end > 2 ** 32 - 1) throw new RangeError("more than 2^32 tokens in one split");
    if (end > this.#ids.length) {
      const size = Math.max(end, 2 * this.#ids.length);
      const grown = this.#ids instanceof Uint8Array ? new Uint8Array(size) : new Int32Array(size);
      grown.set(this.#ids.subarray(0, start));
      this.#ids = grown;
    }
    this.#ids.set(document, start);
    this.#count++;
    if (this.#count === this.#offsets.length) {
      const grown = new Uint32Array(2 * this.#count);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[this.#count] = end;
  }

  /** The documents so far. */
  finish(): PackedDocuments {
    const offsets = this.#offsets.slice(0, this.#count + 1);
    return { ids: this.#ids.slice(0, offsets[this.#count]), offsets };
  }
}

/**
 * A split of token examples in memory, compact enough for the full-size text tasks. The memory is
 * shared, so that workers can read it without a copy of their own.
 */
export class PackedTokenSplit implements Split<TokenExample> {
  readonly length: number;
  readonly documents: PackedDocuments;
  readonly seconds: PackedDocuments | undefined;
  readonly labels: Int32Array;

  /** @param seconds The second documents of a pair task. Throws RangeError when sizes disagree. */
  constructor(documents: PackedDocuments, labels: Int32Array, seconds?: PackedDocuments) {
    for (const packed of seconds === undefined ? [documents] : [documents, seconds]) {
      const { ids, offsets } = packed;
      const rising = offsets.every((offset, i) =>
        i === 0 ? offset === 0 : offset >= offsets[i - 1]
      );
      if (offsets.length !== labels.length + 1 || !rising || offsets.at(-1) !== ids.length) {
        throw new RangeError(`${labels.length} labels do not fit the packed documents`);
      }
    }
    this.length = labels.length;
    this.documents = shareDocuments(documents);
    this.seconds = seconds && shareDocuments(seconds);
    this.labels = toShared(labels);
  }

  example(index: number): TokenExample {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length)) {
      throw new RangeError(`example ${index} of ${this.length}`);
    }
    const tokens = unpack(this.documents, index);
    const label = this.labels[index];
    return this.seconds === undefined
      ? { kind: "tokens", tokens, label }
      : { kind: "tokens", tokens, label, second: unpack(this.seconds, index) };
  }

  /** Tokens of the longest document, 0 for an empty split. */
  get longest(): number {
    let longest = 0;
    for (const packed of [this.documents, this.seconds]) {
      packed?.offsets.forEach((offset, i, all) => {
        if (i > 0) longest = Math.max(longest, offset - all[i - 1]);
      });
    }
    return longest;
  }
}

function shareDocuments({ ids, offsets }: PackedDocuments): PackedDocuments {
  return { ids: toShared(ids), offsets: toShared(offsets) };
}

function unpack({ ids, offsets }: PackedDocuments, index: number): Int32Array {
  const slice = ids.subarray(offsets[index], offsets[index + 1]);
  return slice instanceof Int32Array ? slice : new Int32Array(slice);
}
