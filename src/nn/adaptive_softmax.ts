/**
 * Adaptive softmax (Grave et al., arXiv 1609.04309; `fairseq/modules/adaptive_softmax.py`): the head
 * scores the frequent words and one class per tail cluster, each tail its own words:
 *
 *   log p(w) = log p_head(class of w) + log p_tail(w)
 */
import type { Tensor } from "../graph/contract.ts";
import { add, equal, maximum, minimum, mul, sub } from "../../kernels/elementwise/mod.ts";
import { compactRows } from "../../kernels/gather/compact.ts";
import { gather, scatterAdd } from "../../kernels/gather/mod.ts";
import { matmul } from "../../kernels/matmul/mod.ts";
import { projectedCrossEntropy } from "../../kernels/projected_cross_entropy/mod.ts";
import { concat, pad, reshape, slice } from "../../kernels/view/mod.ts";
import { type Band, bandsOf, bandWidth, membersOf, placesIn } from "./adaptive_bands.ts";
import type { ModelContext } from "./context.ts";
import { dropout } from "./dropout.ts";
import { xavierUniform } from "./initializers.ts";
import { linear } from "./linear.ts";
import { logSoftmax, projectedLoss } from "./projected_loss.ts";

/** Options of {@link adaptiveSoftmax}. */
export interface AdaptiveSoftmaxOptions {
  /** V */
  readonly vocabulary: number;
  readonly cutoffs: readonly number[];
  /** Each band is this many times narrower than the one before. */
  readonly factor: number;
  /** Of the features and of the projected features of every tail. */
  readonly dropout: number;
  /** Weights that are shared with an adaptive input; absent for own ones. */
  readonly tied?: {
    /** Full name of the scope of the adaptive input. */
    readonly input: string;
    /** Width of the input's first band. */
    readonly initialWidth: number;
    /** Whether tails share the projections too. */
    readonly projections: boolean;
  };
}

/** What an adaptive softmax scores features with. */
interface Scores {
  readonly bands: readonly Band[];
  /** Features [R, ·] and weights [c0 + T, ·] of the head. */
  readonly head: readonly [Tensor, Tensor];
  /** Features [R, D] of the tails before their projections. */
  readonly features: Tensor;
  readonly tails: readonly Tail[];
}

/** One tail. */
interface Tail {
  /** Features [R, D] to [R, dᵢ]. */
  readonly project: (features: Tensor) => Tensor;
  /** [size, dᵢ] */
  readonly words: Tensor;
}

/** Result of {@link adaptiveSoftmax}. */
export interface AdaptiveSoftmax {
  /**
   * −log p(word) [R] of words i32 [R], natural logarithm.
   *
   * @param ignoredPlace Place within each tail whose share of the tail is left out. The training
   *   criterion passes the padding index to the tails, where it is another word
   *   (`fairseq/criterions/adaptive_loss.py`); scoring leaves nothing out.
   */
  readonly losses: (words: Tensor, ignoredPlace?: number) => Tensor;
  /** Scores of the frequent words and, after them, of the tails [R, c0 + T]. */
  readonly headLogits: () => Tensor;
  /** log p of every word [R, V]; sums over a row of probabilities are 1. */
  readonly logProbabilities: () => Tensor;
}

const multiply = ([features, weight]: readonly [Tensor, Tensor]) =>
  matmul(features, weight, { transposeB: true });

function tiedHead(
  ctx: ModelContext,
  features: Tensor,
  band: Band,
  classes: number,
  { input, initialWidth }: NonNullable<AdaptiveSoftmaxOptions["tied"]>,
): readonly [Tensor, Tensor] {
  const width = features.shape[1];
  const projected = initialWidth !== width;
  const words = ctx.scope(projected ? "word_proj.1" : "word_proj", () => {
    ctx.alias("weight", `${input}.embeddings.0.0.weight`);
    return ctx.parameter("weight", [band.size, initialWidth], xavierUniform(1, 1));
  });
  const clusters = ctx.scope(
    "class_proj",
    () => ctx.parameter("weight", [classes, width], xavierUniform(width, classes)),
  );
  if (!projected) return [features, concat([words, clusters], 0)];
  const narrow = linear(ctx, "word_proj.0", features, initialWidth, {
    weight: xavierUniform(width, initialWidth),
    bias: null,
  });
  // Words see the projected features, clusters the others: one product with a block matrix.
  const weight = concat([pad(words, 1, 0, width), pad(clusters, 1, initialWidth, 0)], 0);
  return [concat([narrow, features], 1), weight];
}

function tail(
  ctx: ModelContext,
  width: number,
  band: Band,
  i: number,
  options: AdaptiveSoftmaxOptions,
): Tail {
  const { tied, factor, dropout: rate } = options;
  const narrow = bandWidth(tied?.initialWidth ?? width, factor, i + 1);
  const source = `${tied?.input}.embeddings.${i + 1}`;
  const shared = tied?.projections === true;
  const projection = ctx.scope("0", () => {
    if (shared) ctx.alias("weight", `${source}.1.weight`);
    return ctx.parameter(
      "weight",
      shared ? [width, narrow] : [narrow, width],
      xavierUniform(width, narrow),
    );
  });
  const words = ctx.scope("2", () => {
    if (tied !== undefined) ctx.alias("weight", `${source}.0.weight`);
    return ctx.parameter("weight", [band.size, narrow], xavierUniform(narrow, band.size));
  });
  return {
    project: (features) =>
      dropout(ctx, matmul(features, projection, { transposeB: !shared }), rate),
    words,
  };
}

/**
 * The softmax of features [R, D], with parameters `head.weight` or `head.word_proj.*` and
 * `head.class_proj.weight`, and `tail.i.0.weight`, `tail.i.2.weight`, in the present scope.
 *
 * @throws {ShapeError} when the cutoffs do not fit the vocabulary.
 */
export function adaptiveSoftmax(
  ctx: ModelContext,
  features: Tensor,
  options: AdaptiveSoftmaxOptions,
): AdaptiveSoftmax {
  const bands = bandsOf(options.vocabulary, options.cutoffs);
  const [first, ...rest] = bands;
  const width = features.shape[1];
  const dropped = dropout(ctx, features, options.dropout);
  const { tied } = options;
  const head = ctx.scope("head", () => {
    if (tied !== undefined) return tiedHead(ctx, dropped, first, rest.length, tied);
    const rows = first.size + rest.length;
    return [dropped, ctx.parameter("weight", [rows, width], xavierUniform(width, rows))] as const;
  });
  const tails = rest.map((band, i) =>
    ctx.scope(`tail.${i}`, () => tail(ctx, width, band, i, options))
  );
  const scores: Scores = { bands, head, features: dropped, tails };
  return {
    losses: (words, ignoredPlace) => adaptiveLosses(scores, words, ignoredPlace),
    headLogits: () => multiply(head),
    logProbabilities: () => adaptiveLogProbabilities(scores),
  };
}

function adaptiveLosses(scores: Scores, words: Tensor, ignoredPlace?: number): Tensor {
  const [first, ...rest] = scores.bands;
  // A word of tail i moves past the frequent words to class c0 + i.
  const classes = rest.slice(1).reduce(
    (sum, band) => add(sum, minimum(maximum(sub(words, band.first), -1), 0)),
    add(minimum(words, first.size), rest.length - 1),
  );
  return rest.reduce((losses, band, i) => {
    const places = placesIn(band, words);
    const members = membersOf(band, words);
    const scored = ignoredPlace === undefined
      ? members
      : mul(members, sub(1, equal(places, ignoredPlace)));
    return add(losses, tailLosses(scores.tails[i], scores.features, places, scored));
  }, projectedLoss(...scores.head, classes));
}

/** Losses [R] of the rows that are `scored`, 0 elsewhere: the rows are brought together first. */
function tailLosses(
  { project, words }: Tail,
  features: Tensor,
  places: Tensor,
  scored: Tensor,
): Tensor {
  const rows = features.shape[0];
  const { order, count } = compactRows(scored);
  const gathered = project(gather(features, order));
  const labels = reshape(gather(reshape(places, [rows, 1]), order), [rows]);
  const { loss } = projectedCrossEntropy(gathered, words, labels, { count });
  return reshape(scatterAdd(order, reshape(loss, [rows, 1]), rows), [rows]);
}

function adaptiveLogProbabilities({ bands, head: scored, features, tails }: Scores): Tensor {
  const [first] = bands;
  const head = logSoftmax(multiply(scored));
  const words = tails.map((tail, i) =>
    add(
      logSoftmax(multiply([tail.project(features), tail.words])),
      slice(head, 1, first.size + i, 1),
    )
  );
  return concat([slice(head, 1, 0, first.size), ...words], 1);
}
