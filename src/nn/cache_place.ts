/** What all ways to remember keys and values have in common. */
import type { Tensor } from "../graph/contract.ts";

/** Where T new tokens stand in a cache of C positions; shared by the layers of a decoder. */
export interface CachePlace {
  /** C */
  readonly capacity: number;
  /** Positions after which the cache is emptied; `null` for never. */
  readonly block: number | null;
  /** T */
  readonly tokens: number;
  /** Place of every new token within its block, f32 [T]. */
  readonly places: Tensor;
}
