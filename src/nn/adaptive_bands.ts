/** How adaptive embeddings and softmaxes cut a vocabulary, sorted by frequency, into bands. */
import { ShapeError, type Tensor } from "../graph/contract.ts";
import { lessEqual, maximum, minimum, mul, sub } from "../../kernels/elementwise/mod.ts";

/** The words `first` … `first + size − 1`. */
export interface Band {
  readonly first: number;
  readonly size: number;
}

/**
 * Bands between cutoffs c0 < c1 < …; what lies beyond the last cutoff is one more band.
 *
 * @throws {ShapeError} when the cutoffs do not rise or exceed the vocabulary.
 */
export function bandsOf(vocabulary: number, cutoffs: readonly number[]): Band[] {
  const ends = [...cutoffs];
  if (ends.length === 0 || ends[ends.length - 1] < vocabulary) ends.push(vocabulary);
  return ends.map((end, i) => {
    const first = i === 0 ? 0 : ends[i - 1];
    if (end <= first || end > vocabulary) {
      throw new ShapeError("bands", `cutoffs ${cutoffs.join(", ")} of ${vocabulary} words`);
    }
    return { first, size: end - first };
  });
}

/** Width of band `i`: ⌊initial / factorⁱ⌋. @throws {ShapeError} when nothing is left. */
export function bandWidth(initial: number, factor: number, i: number): number {
  const width = Math.floor(initial / factor ** i);
  if (width < 1) throw new ShapeError("bands", `band ${i} of width ${initial} has no features`);
  return width;
}

/** Words i32 by their place within a band, those of other bands clamped to its ends. */
export function placesIn({ first, size }: Band, words: Tensor): Tensor {
  return minimum(maximum(sub(words, first), 0), size - 1);
}

/** 1 for words i32 of a band, else 0; f32. */
export function membersOf({ first, size }: Band, words: Tensor): Tensor {
  return mul(lessEqual(first, words), lessEqual(words, first + size - 1));
}
