import { median } from "../statistics.ts";
import type { MeasuredSet } from "./measured_set.ts";

/** Cost of one training sequence of a model at one length. */
export interface EfficiencyPoint {
  model: string;
  /** Length of the sequence, tokens. */
  length: number;
  /** Time per training sequence (forward, backward, update), milliseconds; median over seeds. */
  milliseconds: number;
  /** Peak bytes of the training plan at `batchSize`; null when not known. */
  bytes: number | null;
  batchSize: number;
  /** Number of trained scalars. */
  parameters: number;
  /** Floating-point operations per sequence by the cost model; null when not known. */
  operations: number | null;
}

/** The points of a set, by model and length, shortest first. */
export function efficiencyPoints({ rows }: Pick<MeasuredSet, "rows">): EfficiencyPoint[] {
  const timed = rows.filter(({ status, performance }) =>
    status === "completed" && performance.stepMilliseconds !== null
  );
  const groups = Map.groupBy(
    timed,
    (row) => JSON.stringify([row.model.name, row.sequenceLength, row.batchSize]),
  );
  return [...groups.values()].map((group) => {
    const { model, sequenceLength, batchSize, performance } = group[0];
    const times = group.flatMap((row) => row.performance.stepMilliseconds?.median ?? []);
    return {
      model: model.name,
      length: sequenceLength,
      milliseconds: median(times) / batchSize,
      bytes: performance.peakPlannedBytes,
      batchSize,
      parameters: model.parameterCount,
      operations: performance.floatingPointOperationsPerStep === null
        ? null
        : performance.floatingPointOperationsPerStep / batchSize,
    };
  }).sort((a, b) => a.length - b.length);
}

/** Speed and memory of a model as multiples of the Transformer's; null where one is not known. */
export interface RelativeCost {
  speed: number | null;
  memory: number | null;
}

/** The model that speeds and memory are relative to, as in the paper. */
export const baselineModel = "transformer";

/** The same model with attention as textbooks write it, its L x L weights in memory. */
export const unfusedBaseline = "transformer-unfused";

/**
 * A point relative to the Transformer at the same length (and, for memory, batch size).
 *
 * @param baseline Another model to relate it to.
 */
export function relativeCost(
  point: EfficiencyPoint | undefined,
  points: readonly EfficiencyPoint[],
  baseline: string = baselineModel,
): RelativeCost {
  const base = points.find(({ model, length }) => model === baseline && length === point?.length);
  if (point === undefined || base === undefined) return { speed: null, memory: null };
  const comparable = point.bytes !== null && base.bytes && point.batchSize === base.batchSize;
  return {
    speed: base.milliseconds / point.milliseconds,
    memory: comparable && point.bytes !== null && base.bytes ? point.bytes / base.bytes : null,
  };
}

/**
 * The exponent b of a power law y = a x^b fitted by least squares to logarithms.
 *
 * @returns Null for fewer than three lengths: two points fit any law.
 */
export function scalingExponent(xs: readonly number[], ys: readonly number[]): number | null {
  if (new Set(xs).size < 3) return null;
  const [u, v] = [xs.map(Math.log), ys.map(Math.log)];
  const centre = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mu, mv] = [centre(u), centre(v)];
  let covariance = 0;
  let variance = 0;
  u.forEach((value, i) => {
    covariance += (value - mu) * (v[i] - mv);
    variance += (value - mu) ** 2;
  });
  return covariance / variance;
}
