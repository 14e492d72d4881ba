/** What decoding with a state needs of a model on the device. */
import type { Shape } from "../graph/contract.ts";
import type { BatchExtents, Mode, RunBatch, StepRunner } from "./workload.ts";

/** Consecutive elements of a piece of carried state and where they go, in elements. */
export interface BlockMove {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** What moves of a piece of carried state when it changes its shape. */
export type BlocksOf = (name: string, from: Shape, to: Shape) => readonly BlockMove[];

/** Runs a model in the modes `encode` and `step`; a session and an inference do. */
export interface DecodeRunner extends StepRunner {
  /**
   * Runs a mode (default `step`) without waiting.
   *
   * @param batch `fresh` zeroes the carried state that the program of these extents reads.
   */
  step(
    batch: Pick<RunBatch, "feeds" | "extents" | "fresh">,
    mode?: Mode,
  ): { read(output: string): Promise<Float32Array | Int32Array | Uint32Array> };
  /**
   * Carries the state of `step` programs with the extents `from` over to those with the extents `to`.
   * What is not moved keeps whatever value is there.
   */
  move(from: BatchExtents, to: BatchExtents, blocksOf: BlocksOf): void;
}
