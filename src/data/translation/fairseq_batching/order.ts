/**
 * Orders in which the reference puts sentences into batches, so that those of a batch are equally
 * long. Only `verify` uses them, see `batchBySize`.
 */

type Numbers = ArrayLike<number>;

/**
 * Pairs by the length of their sources, equal ones by the length of their targets, equal ones of
 * those in the order of the permutation (`fairseq/data/language_pair_dataset.py: ordered_indices`).
 *
 * @param source Tokens of each source. @param target Tokens of each target.
 * @param permutation All indices in a random order (default: in their own).
 */
export function orderPairs(source: Numbers, target: Numbers, permutation?: Numbers): number[] {
  const order = permutation === undefined
    ? Array.from({ length: source.length }, (_, i) => i)
    : Array.from(permutation);
  return order.sort((a, b) => source[a] - source[b] || target[a] - target[b]);
}

/**
 * Blocks of one text by their size, equal ones by the number that the permutation holds at their
 * place (`fairseq/data/monolingual_dataset.py: ordered_indices`). For pairs the permutation names
 * indices instead: see {@link orderPairs}.
 *
 * @param sizes Tokens of each block.
 * @param permutation A number for each block, all different (default: its index).
 */
export function orderBlocks(sizes: Numbers, permutation?: Numbers): number[] {
  const ranks = permutation ?? Array.from({ length: sizes.length }, (_, i) => i);
  return Array.from({ length: sizes.length }, (_, i) => i)
    .sort((a, b) => sizes[a] - sizes[b] || ranks[a] - ranks[b]);
}

/**
 * The tokens that a pair takes in a batch: the longer side. Attention in chunks fills a side that
 * is longer than a chunk up to whole chunks.
 *
 * @param chunks Tokens of a chunk on each side, 0 or less without chunks.
 */
export function pairTokens(
  source: number,
  target: number,
  chunks: { readonly source: number; readonly target: number } = { source: 0, target: 0 },
): number {
  return Math.max(wholeChunks(source, chunks.source), wholeChunks(target, chunks.target));
}

function wholeChunks(length: number, chunk: number): number {
  return chunk > 0 && length > chunk ? Math.ceil(length / chunk) * chunk : length;
}
