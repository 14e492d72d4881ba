import { mersenne } from "pure-rand/generator/mersenne";

/**
 * The permutation of 0..n-1 that torch's `randperm(n)` gives on a CPU generator seeded with `seed`
 * (PyTorch, `randperm` in `aten/src/ATen/native/TensorFactories.cpp`): Fisher-Yates from the front,
 * the offset being an MT19937 draw modulo what is left. Throws RangeError when n or seed is not a
 * u32.
 */
export function torchPermutation(n: number, seed: number): Uint32Array {
  for (const value of [n, seed]) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
      throw new RangeError(`torchPermutation(${n}, ${seed}): expected two u32`);
    }
  }
  const generator = mersenne(seed | 0);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = 0; i < n - 1; i++) {
    const j = i + (generator.next() >>> 0) % (n - i);
    const swapped = order[i];
    order[i] = order[j];
    order[j] = swapped;
  }
  return order;
}

/** The seed of every random split of the reference (`random_split` of S4 and Mega). */
export const SPLIT_SEED = 42;

/**
 * torch's `random_split`: consecutive slices of `torchPermutation`, in the order of `lengths`.
 * Throws RangeError when the lengths do not sum to n.
 */
export function randomSplit(n: number, lengths: readonly number[], seed = SPLIT_SEED) {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total !== n) throw new RangeError(`split lengths sum to ${total}, expected ${n}`);
  const order = torchPermutation(n, seed);
  let start = 0;
  return lengths.map((length) => order.subarray(start, start += length));
}
