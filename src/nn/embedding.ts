/**
 * Embeddings of tokens and of real numbers (`fairseq/models/lra/mega_lra_encoder.py` and
 * `fairseq/modules/real_number_embedding.py` of facebookresearch/mega).
 */
import type { Tensor } from "../graph/contract.ts";
import { add, equal, mul, sub, toF32, where } from "../../kernels/elementwise/mod.ts";
import { gather } from "../../kernels/gather/mod.ts";
import { expandDims } from "../../kernels/view/mod.ts";
import type { ModelContext } from "./context.ts";
import { type Initializer, normal } from "./initializers.ts";

/** 1 where a token is not `padding`, else 0; f32 with the shape of `tokens`. */
export function nonPadding(tokens: Tensor, padding: number): Tensor {
  return sub(1, equal(tokens, padding));
}

/** x [B, L, D] with padded positions set to zero; `valid` [B, L], or undefined without padding. */
export function zeroPadding(x: Tensor, valid: Tensor | undefined): Tensor {
  return valid === undefined ? x : mul(x, expandDims(valid, 2));
}

/** Options of {@link embedding}. */
export interface EmbeddingOptions {
  /** V, number of rows. */
  readonly entries: number;
  /** D, width of a row. */
  readonly width: number;
  /** Default N(0, 1/√D). */
  readonly initializer?: Initializer;
  /** 1 where the lookup trains the row, else 0; same shape as the ids. */
  readonly trained?: Tensor;
}

/**
 * Rows of `weight` [V, D] for i32 ids [B, L]; the result is [B, L, D]. Lookups with `trained` 0 (the
 * padding index) give no gradient, but the row may still get one where the table is shared.
 */
export function embedding(ctx: ModelContext, ids: Tensor, options: EmbeddingOptions): Tensor {
  const { entries, width, trained } = options;
  const initializer = options.initializer ?? normal(width ** -0.5);
  const rows = gather(ctx.parameter("weight", [entries, width], initializer), ids);
  if (trained === undefined) return rows;
  // The conversion of an f32 to f32 changes nothing and has no derivative.
  return where(expandDims(trained, trained.rank), rows, toF32(rows));
}

/** Real values [B, L] to x·weight + bias [B, L, D] (`RealNumberEmbedding`). */
export function realNumberEmbedding(ctx: ModelContext, values: Tensor, width: number): Tensor {
  const weight = ctx.parameter("weight", [width], normal(1));
  const bias = ctx.parameter("bias", [width], normal(0.1));
  return add(mul(expandDims(values, values.rank), weight), bias);
}
