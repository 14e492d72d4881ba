/**
 * Blocks of value features. Sums over wide values do not fit the registers of an invocation, so several
 * workgroups share a tile of rows: each computes the weights again and sums up its own block. A kernel
 * whose values are one block does not know about blocks.
 */
import { load, store } from "./element.ts";
import type { Problem } from "./problem.ts";

/** How values are divided; `undefined` where they are one block. */
export interface FeatureSplit {
  /** Workgroups per tile. */
  readonly blocks: number;
  /** Features of a block; the last one may have fewer. */
  readonly width: number;
}

/** Division of the values of a problem. */
export function featureSplit(p: Problem): FeatureSplit | undefined {
  if (p.featureBlock >= p.features) return undefined;
  return { blocks: Math.ceil(p.features / p.featureBlock), width: p.featureBlock };
}

/** Element of input `k` at feature `e` of this workgroup's block, which begins at `feature`. */
export function loadFeature(p: Problem, k: number, row: string, e: string): string {
  if (featureSplit(p) === undefined) return load(p, k, row, e);
  const inside = p.features % p.featureBlock === 0;
  const at = inside ? `feature + ${e}` : `min(feature + ${e}, ${p.features - 1}u)`;
  return load(p, k, row, at);
}

/** Stores feature `e` of this workgroup's block into output `k`. */
export function storeFeature(p: Problem, k: number, row: string, e: string, value: string): string {
  if (featureSplit(p) === undefined) return store(p, k, row, e, value);
  const text = store(p, k, row, `feature + ${e}`, value);
  const inside = p.features % p.featureBlock === 0;
  return inside ? text : `if (feature + ${e} < ${p.features}u) { ${text} }`;
}
