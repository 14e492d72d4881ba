import { grown } from "./grown.ts";

/** What the queue knows of pairs, which are numbers. */
export interface PairOrder {
  /** How often a pair occurs now. */
  count(pair: number): number;
  /** Order of pairs that occur equally often: positive when `a` comes first. */
  compare(a: number, b: number): number;
}

/**
 * Gives the most frequent pair while counts change: a binary heap of the counts that pairs had when
 * they were pushed. A count that has fallen since is found when its entry comes to the top; one
 * that has risen must be pushed again.
 */
export class PairQueue {
  #size = 0;
  #counts = new Float64Array(1024);
  #pairs = new Int32Array(1024);
  /** The count of each pair's highest entry that is to be believed, 0 without one. */
  #queued = new Float64Array(1024);

  /** @param least Pairs that occur less often are never given. */
  constructor(readonly order: PairOrder, readonly least: number) {}

  /** Makes sure that a pair is found when its turn comes; needed whenever its count has risen. */
  push(pair: number): void {
    const count = this.order.count(pair);
    this.#queued = grown(this.#queued, pair + 1);
    if (count < this.least || count <= this.#queued[pair]) return;
    this.#queued[pair] = count;
    this.#insert(count, pair);
  }

  /** Removes and returns the first pair, `undefined` when none occurs often enough. */
  pop(): number | undefined {
    while (this.#size > 0) {
      const [count, pair] = [this.#counts[0], this.#pairs[0]];
      this.#removeFirst();
      if (count !== this.#queued[pair]) continue;
      this.#queued[pair] = 0;
      if (count === this.order.count(pair)) return pair;
      this.push(pair);
    }
    return undefined;
  }

  #before(count: number, pair: number, at: number): boolean {
    const other = this.#counts[at];
    return count > other || (count === other && this.order.compare(pair, this.#pairs[at]) > 0);
  }

  #set(at: number, count: number, pair: number): void {
    this.#counts[at] = count;
    this.#pairs[at] = pair;
  }

  #insert(count: number, pair: number): void {
    let at = this.#size++;
    this.#counts = grown(this.#counts, this.#size);
    this.#pairs = grown(this.#pairs, this.#size);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(count, pair, parent)) break;
      this.#set(at, this.#counts[parent], this.#pairs[parent]);
      at = parent;
    }
    this.#set(at, count, pair);
  }

  #removeFirst(): void {
    const last = --this.#size;
    const [count, pair] = [this.#counts[last], this.#pairs[last]];
    let at = 0;
    for (let child = 1; child < last; child = 2 * at + 1) {
      const second = child + 1;
      if (second < last && this.#before(this.#counts[second], this.#pairs[second], child)) {
        child = second;
      }
      if (!this.#before(this.#counts[child], this.#pairs[child], last)) break;
      this.#set(at, this.#counts[child], this.#pairs[child]);
      at = child;
    }
    this.#set(at, count, pair);
  }
}
