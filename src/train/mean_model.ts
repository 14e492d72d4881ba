/** The mean of models (`scripts/average_checkpoints.py` of fairseq). */
import type { TrainedValues } from "./session_state.ts";

/**
 * The arithmetic mean of every parameter and state, in float64 before it is rounded. Holds one model at
 * a time beside the sums.
 *
 * @throws {RangeError} when there is no model.
 */
export async function meanModel(models: AsyncIterable<TrainedValues>): Promise<TrainedValues> {
  const sums = {
    parameters: new Map<string, Float64Array>(),
    states: new Map<string, Float64Array>(),
  };
  let count = 0;
  for await (const values of models) {
    count++;
    for (const part of ["parameters", "states"] as const) {
      for (const [name, data] of values[part]) {
        const sum = sums[part].get(name) ?? new Float64Array(data.length);
        for (let i = 0; i < data.length; i++) sum[i] += data[i];
        sums[part].set(name, sum);
      }
    }
  }
  if (count === 0) throw new RangeError("no model to average");
  const divided = (part: ReadonlyMap<string, Float64Array>) =>
    new Map(
      [...part].map(([name, sum]) => [name, Float32Array.from(sum, (value) => value / count)]),
    );
  return { parameters: divided(sums.parameters), states: divided(sums.states) };
}
