/** Times training steps of several models in turn, so that drift of the machine favours none. */
import type { Device } from "../src/device/device.ts";

/** A model whose training steps can be timed. */
export interface TimedModel {
  /** Queues one training step without waiting; returns milliseconds that the host was busy. */
  step(): number;
  /** Called after a synchronised block of steps, outside the timing; clears metrics. */
  settle(): Promise<void>;
}

/** How long to time. */
export interface TimingBudget {
  /** Steps of each model that are not counted, at least 1. */
  readonly warmup: number;
  /** Least number of rounds, each one block of steps of every model. */
  readonly leastRounds: number;
  readonly mostRounds: number;
  /** No round starts after this many seconds of timing, unless there are too few. */
  readonly seconds: number;
}

/** Times of one model. */
export interface StepTimes {
  /** Mean time of a step in each block, milliseconds. */
  readonly samples: readonly number[];
  /** Steps of all timed blocks together. */
  readonly steps: number;
  /** Of these steps together. */
  readonly totalMilliseconds: number;
  /** Part of the time in which the host was busy with preparing and encoding. */
  readonly hostShare: number;
}

/** Two measurements of one model as one. */
export function mergeTimes(first: StepTimes | undefined, second: StepTimes): StepTimes {
  if (first === undefined) return second;
  const total = first.totalMilliseconds + second.totalMilliseconds;
  const busy = [first, second].map((one) => one.hostShare * one.totalMilliseconds);
  return {
    samples: [...first.samples, ...second.samples],
    steps: first.steps + second.steps,
    totalMilliseconds: total,
    hostShare: (busy[0] + busy[1]) / total,
  };
}

/** A block lasts at least about this long, so that synchronising at its end costs little. */
const blockMilliseconds = 100;
const mostStepsPerBlock = 64;

interface Entry {
  readonly model: TimedModel;
  readonly block: number;
  readonly samples: number[];
  hostMilliseconds: number;
  totalMilliseconds: number;
}

/** Runs steps, waits for the device, and returns the time in milliseconds. */
async function timeBlock(device: Pick<Device, "finish">, model: TimedModel, steps: number) {
  const started = performance.now();
  let host = 0;
  for (let step = 0; step < steps; step++) host += model.step();
  await device.finish();
  const milliseconds = performance.now() - started;
  await model.settle();
  return { milliseconds, host };
}

/**
 * Warms every model up (each has run a step before, which compiled it), then times rounds in which
 * each model runs one block of steps, the first of a round taking turns. A block ends with waiting
 * for the device.
 *
 * @param signal Ends the timing after the present block; then there is no result.
 */
export async function timeSteps(
  device: Pick<Device, "finish">,
  models: readonly TimedModel[],
  budget: TimingBudget,
  signal?: AbortSignal,
): Promise<StepTimes[] | undefined> {
  const entries: Entry[] = [];
  for (const model of models) {
    if (signal?.aborted) return undefined;
    let estimate = Infinity;
    for (let step = 0; step < budget.warmup; step++) {
      estimate = Math.min(estimate, (await timeBlock(device, model, 1)).milliseconds);
    }
    const block = Math.ceil(blockMilliseconds / estimate);
    entries.push({
      model,
      block: Math.min(mostStepsPerBlock, Math.max(1, block)),
      samples: [],
      hostMilliseconds: 0,
      totalMilliseconds: 0,
    });
  }
  const started = performance.now();
  for (let round = 0; round < budget.mostRounds; round++) {
    const seconds = (performance.now() - started) / 1000;
    if (round >= budget.leastRounds && seconds >= budget.seconds) break;
    for (let k = 0; k < entries.length; k++) {
      if (signal?.aborted) return undefined;
      const entry = entries[(k + round) % entries.length];
      const { milliseconds, host } = await timeBlock(device, entry.model, entry.block);
      entry.samples.push(milliseconds / entry.block);
      entry.hostMilliseconds += host;
      entry.totalMilliseconds += milliseconds;
    }
  }
  return entries.map((entry) => ({
    samples: entry.samples,
    steps: entry.block * entry.samples.length,
    totalMilliseconds: entry.totalMilliseconds,
    hostShare: Math.min(1, entry.hostMilliseconds / entry.totalMilliseconds),
  }));
}
