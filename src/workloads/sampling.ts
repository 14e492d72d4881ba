/** The choice of the next token from logits. */
import type { PhiloxStream } from "../util/philox.ts";

/** How tokens are sampled. */
export interface SamplingOptions {
  /** Divides the logits; 0 always takes the most likely token. */
  readonly temperature: number;
  /** Only this many of the most likely tokens; 0 for all. */
  readonly topK: number;
  /** Only the most likely tokens that reach this probability together; 1 for all. */
  readonly topP: number;
}

/**
 * Chooses a token; equal logits are ordered by their ids.
 *
 * @param logits [V], or log-probabilities. @param excluded Ids that are never chosen.
 * @throws {RangeError} when no token has a finite logit.
 */
export function chooseToken(
  logits: ArrayLike<number>,
  { temperature, topK, topP }: SamplingOptions,
  random: PhiloxStream,
  excluded: ReadonlySet<number> = new Set(),
): number {
  const ids: number[] = [];
  for (let id = 0; id < logits.length; id++) {
    if (!excluded.has(id) && Number.isFinite(logits[id])) ids.push(id);
  }
  if (ids.length === 0) throw new RangeError("no token has a finite logit");
  ids.sort((a, b) => logits[b] - logits[a] || a - b);
  if (temperature === 0) return ids[0];
  const kept = topK > 0 ? ids.slice(0, topK) : ids;
  const weights = kept.map((id) => Math.exp((logits[id] - logits[kept[0]]) / temperature));
  const all = weights.reduce((a, b) => a + b, 0);
  let end = 0;
  let mass = 0;
  do mass += weights[end++]; while (end < kept.length && mass < topP * all);
  let rest = random.uniform() * mass;
  for (let k = 0; k < end; k++) {
    rest -= weights[k];
    if (rest < 0) return kept[k];
  }
  return kept[end - 1];
}
