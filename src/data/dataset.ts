import { Sha256 } from "../util/sha256.ts";
import type { DataOrigin } from "./data_origin.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** The three parts of every data set, in the order in which they are listed. */
export const SPLIT_NAMES = ["train", "valid", "test"] as const;
/** One of the three parts. */
export type SplitName = typeof SPLIT_NAMES[number];

/** An example of token ids (specials included, untouched by padding), for pairs with a second document. */
export interface TokenExample {
  readonly kind: "tokens";
  readonly tokens: Int32Array;
  readonly second?: Int32Array;
  /** Class index, 0 to classes - 1. */
  readonly label: number;
}

/** An example of real values (pixels, samples), already normalised. */
export interface ValueExample {
  readonly kind: "values";
  readonly values: Float32Array;
  /** Class index, 0 to classes - 1. */
  readonly label: number;
}

/** An example of a classification task. */
export type Example = TokenExample | ValueExample;

/**
 * Random access to the examples of one split. `example` is synchronous and may read from a file:
 * a split need not be in memory (Path-X holds 2.6 GB of pixels). The arrays that it returns stay
 * valid; they may be views of shared storage and must not be changed.
 */
export interface Split<E extends Example = Example> {
  /** Number of examples. */
  readonly length: number;
  /** Example `index`, 0 to length - 1; RangeError outside. */
  example(index: number): E;
}

/** What all classification tasks share. */
interface TaskDataBase {
  readonly kind: "classification";
  /** Task id, such as `listops`. */
  readonly id: string;
  /**
   * Raised whenever the same parameters would give different examples. A stand-in for data that is
   * not there has a version of its own (such as `synthetic-1`), so that results never mix.
   */
  readonly version: number | string;
  /** Two documents per example (Retrieval). */
  readonly pair: boolean;
  /** Number of classes. */
  readonly classes: number;
  /** A length that holds every example (with `</s>`): the static sequence length of a run. */
  readonly maxLength: number;
  /** `splitHash` of every split. */
  readonly hash: Readonly<Record<SplitName, string>>;
  readonly origin: DataOrigin;
  /** Where the examples come from, in words, without local paths. */
  readonly source: string;
}

/** A task over token ids. */
export interface TokenTaskData extends TaskDataBase {
  readonly inputKind: "tokens";
  readonly vocabulary: Vocabulary;
  readonly splits: Readonly<Record<SplitName, Split<TokenExample>>>;
}

/** A task over sequences of real numbers: no vocabulary, no pairs, no padding. */
export interface ValueTaskData extends TaskDataBase {
  readonly inputKind: "values";
  readonly vocabulary: undefined;
  readonly pair: false;
  readonly splits: Readonly<Record<SplitName, Split<ValueExample>>>;
}

/** Everything that training and evaluation need to know about the data of a task. */
export type TaskData = TokenTaskData | ValueTaskData;

/**
 * sha256 of a split's content, the same for every storage: per example the label (i32), then per
 * document its length (u32) and its elements (i32 token ids or f32 values), all little-endian,
 * after the line `split 1 tokens|values COUNT`.
 */
export function splitHash(kind: Example["kind"], split: Split): string {
  const hasher = new SplitHasher(kind, split.length);
  for (let i = 0; i < split.length; i++) hasher.add(split.example(i));
  return hasher.digest();
}

/** `splitHash` of examples that come one by one. */
export class SplitHasher {
  readonly #hash: Sha256;
  readonly #head = new Int32Array(2);

  /** @param length How many examples will be added. */
  constructor(kind: Example["kind"], length: number) {
    this.#hash = new Sha256().update(`split 1 ${kind} ${length}\n`);
  }

  /** Adds the next example. */
  add(example: Example): void {
    const head = this.#head;
    head[0] = example.label;
    const documents = example.kind === "values"
      ? [example.values]
      : example.second === undefined
      ? [example.tokens]
      : [example.tokens, example.second];
    for (const [position, document] of documents.entries()) {
      head[1] = document.length;
      this.#hash.update(bytesOf(position === 0 ? head : head.subarray(1)));
      this.#hash.update(bytesOf(document));
    }
  }

  /** The hash, once. */
  digest(): string {
    return this.#hash.digest();
  }
}

function bytesOf(array: Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
