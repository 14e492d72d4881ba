/**
 * Learning rates and weight decay of S4 parameters, as factors (`Kernel.register` in
 * `src/models/sequence/kernels/kernel.py` of state-spaces/s4).
 */

/** Factors on the learning rate and the weight decay of a parameter. */
export interface S4ParameterScale {
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** Learning rates of the state-space parameters; `null` for the global one. */
export type S4LearningRates = {
  /** inv_dt */
  readonly dt: number | null;
  /** A_real, A_imag and P */
  readonly a: number | null;
  readonly b: number | null;
  /** Has the global weight decay, unlike the others. */
  readonly c: number | null;
};

/** The reference's defaults. */
export const defaultS4LearningRates: S4LearningRates = { dt: 1e-3, a: 1e-3, b: 1e-3, c: null };

const groups: readonly (readonly [RegExp, keyof S4LearningRates])[] = [
  [/(^|\.)kernel\.(inv_dt|log_dt)$/, "dt"],
  [/(^|\.)kernel\.(A_real|log_A_real|A_imag|P)$/, "a"],
  [/(^|\.)kernel\.B$/, "b"],
  [/(^|\.)kernel\.C$/, "c"],
];

/**
 * Factors for a trainer whose peak learning rate is `peak`, by parameter name. Biases and norms inside
 * `backbone` (a name prefix) are not decayed.
 */
export function s4ParameterScale(
  rates: S4LearningRates,
  peak: number,
  backbone = "",
): (name: string) => S4ParameterScale {
  return (name) => {
    const group = groups.find(([pattern]) => pattern.test(name))?.[1];
    if (group !== undefined) {
      return { learningRate: (rates[group] ?? peak) / peak, weightDecay: group === "c" ? 1 : 0 };
    }
    const bare = name.startsWith(backbone) && /(^|\.)bias$|(^|\.)norm\.[a-z]+$/.test(name);
    return { learningRate: 1, weightDecay: bare ? 0 : 1 };
  };
}
