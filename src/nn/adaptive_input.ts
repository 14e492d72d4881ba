/**
 * Adaptive input embedding: rare words have narrower rows, and every band is projected to the width of
 * the model (Baevski and Auli, arXiv 1809.10853; `fairseq/modules/adaptive_input.py`).
 */
import type { Tensor } from "../graph/contract.ts";
import { add, mul } from "../../kernels/elementwise/mod.ts";
import { expandDims } from "../../kernels/view/mod.ts";
import { type Band, bandsOf, bandWidth, membersOf, placesIn } from "./adaptive_bands.ts";
import type { ModelContext } from "./context.ts";
import { embedding, nonPadding } from "./embedding.ts";
import { xavierUniform } from "./initializers.ts";
import { linear } from "./linear.ts";

/** Options of {@link adaptiveInput}. */
export interface AdaptiveInputOptions {
  /** V */
  readonly vocabulary: number;
  /** Width of the rows of the first band. */
  readonly initialWidth: number;
  /** Each band is this many times narrower than the one before. */
  readonly factor: number;
  readonly cutoffs: readonly number[];
  /** D, width of the result. */
  readonly width: number;
  /** Word whose row starts at zero and is not trained by lookups; `null` for none. */
  readonly padding: number | null;
}

/**
 * Words i32 [B, L] to [B, L, D]. Parameters of band i: `embeddings.i.0.weight` [size, dᵢ] and
 * `embeddings.i.1.weight` [D, dᵢ]. The row with the number of the padding starts at zero in every
 * band, as in the reference, although it is another word in all but the first.
 *
 * @throws {ShapeError} when the cutoffs do not fit the vocabulary.
 */
export function adaptiveInput(
  ctx: ModelContext,
  words: Tensor,
  options: AdaptiveInputOptions,
): Tensor {
  const { padding, width } = options;
  const bands = bandsOf(options.vocabulary, options.cutoffs);
  const embedded = (band: Band, i: number) => {
    const narrow = bandWidth(options.initialWidth, options.factor, i);
    const rows = ctx.scope("0", () =>
      embedding(ctx, placesIn(band, words), {
        entries: band.size,
        width: narrow,
        initializer: {
          kind: "normal",
          deviation: narrow ** -0.5,
          ...(padding === null || padding >= band.size ? {} : { zeroRow: padding }),
        },
        ...(padding === null || i > 0 ? {} : { trained: nonPadding(words, padding) }),
      }));
    const weight = xavierUniform(narrow, width);
    return mul(
      linear(ctx, "1", rows, width, { weight, bias: null }),
      expandDims(membersOf(band, words), 2),
    );
  };
  return bands.map((band, i) => ctx.scope(`embeddings.${i}`, () => embedded(band, i)))
    .reduce((a, b) => add(a, b));
}
