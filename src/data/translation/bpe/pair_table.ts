import { grown } from "./grown.ts";

const NONE = -1;

/**
 * Pairs of neighbouring symbols with their counts and the words that they occur in. All of it lies
 * in typed arrays: a large text has millions of pairs, and none of them needs an object.
 */
export class PairTable {
  #size = 0;
  #left = new Int32Array(1024);
  #right = new Int32Array(1024);
  #counts = new Float64Array(1024);
  /** First node of a pair's list of words. */
  #heads = new Int32Array(1024);
  /** Open addressing: pair + 1, or 0 for an empty slot. */
  #slots = new Int32Array(4096);
  #nodes = 0;
  #nodeWord = new Int32Array(4096);
  #nodeNext = new Int32Array(4096);
  #free = NONE;

  /** Number of pairs; they are numbered from 0. */
  get size(): number {
    return this.#size;
  }

  /** The first symbol of a pair. */
  left(pair: number): number {
    return this.#left[pair];
  }

  /** The second symbol of a pair. */
  right(pair: number): number {
    return this.#right[pair];
  }

  /** How often a pair occurs now. */
  count(pair: number): number {
    return this.#counts[pair];
  }

  /** Counts `times` more occurrences in a word; returns the pair. */
  add(left: number, right: number, times: number, word: number): number {
    const pair = this.#pairOf(left, right);
    this.#counts[pair] += times;
    const head = this.#heads[pair];
    if (head !== NONE && this.#nodeWord[head] === word) return pair;
    let node = this.#free;
    if (node === NONE) {
      node = this.#nodes++;
      this.#nodeWord = grown(this.#nodeWord, this.#nodes);
      this.#nodeNext = grown(this.#nodeNext, this.#nodes);
    } else this.#free = this.#nodeNext[node];
    this.#nodeWord[node] = word;
    this.#nodeNext[node] = head;
    this.#heads[pair] = node;
    return pair;
  }

  /** Counts `times` fewer occurrences. */
  remove(left: number, right: number, times: number): void {
    const pair = this.#pairOf(left, right);
    this.#counts[pair] -= times;
    if (this.#counts[pair] === 0) this.#release(pair);
  }

  /**
   * Calls `visit` with the words that a pair occurs in, and with some that it no longer occurs in
   * or that came already, then forgets them.
   */
  takeWords(pair: number, visit: (word: number) => void): void {
    let node = this.#heads[pair];
    this.#heads[pair] = NONE;
    while (node !== NONE) {
      const next = this.#nodeNext[node];
      const word = this.#nodeWord[node];
      this.#nodeNext[node] = this.#free;
      this.#free = node;
      visit(word);
      node = next;
    }
  }

  #release(pair: number): void {
    const head = this.#heads[pair];
    if (head === NONE) return;
    let last = head;
    while (this.#nodeNext[last] !== NONE) last = this.#nodeNext[last];
    this.#nodeNext[last] = this.#free;
    this.#free = head;
    this.#heads[pair] = NONE;
  }

  #pairOf(left: number, right: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash(left, right) & mask;
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const pair = this.#slots[slot] - 1;
      if (this.#left[pair] === left && this.#right[pair] === right) return pair;
    }
    const pair = this.#size++;
    this.#slots[slot] = pair + 1;
    this.#left = grown(this.#left, this.#size);
    this.#right = grown(this.#right, this.#size);
    this.#counts = grown(this.#counts, this.#size);
    this.#heads = grown(this.#heads, this.#size);
    this.#left[pair] = left;
    this.#right[pair] = right;
    this.#heads[pair] = NONE;
    if (2 * this.#size > this.#slots.length) this.#rehash();
    return pair;
  }

  #rehash(): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (let pair = 0; pair < this.#size; pair++) {
      let slot = hash(this.#left[pair], this.#right[pair]) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = pair + 1;
    }
  }
}

function hash(left: number, right: number): number {
  let h = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return h ^ (h >>> 13);
}
