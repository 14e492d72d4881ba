/**
 * Times GPU work: calibrates how often to repeat it, takes samples with timestamp queries in one
 * submission (wall clock where the device has none), and relates the median to the machine's rates.
 */
import type { Device } from "../device/device.ts";
import { timePass, type TimeSource, timeSource } from "../device/timing.ts";

/** How long a benchmark may take. */
export interface BenchmarkOptions {
  /** Most samples (default 15, at least 5). */
  readonly samples?: number;
  /** Untimed runs of the work before the samples, after compilation (default 2). */
  readonly warmups?: number;
  /**
   * Work queued right before the samples, milliseconds: idle GPUs lower their clock, and raise it only
   * after a while (default 1,000, none on software adapters).
   */
  readonly leadMilliseconds?: number;
  /** Aim for the time of all samples together, milliseconds (default 600). */
  readonly budgetMilliseconds?: number;
  /** Shortest sample, reached by repeating the work, milliseconds (default 0.5). */
  readonly sampleMilliseconds?: number;
}

/** Times of one repetition. */
export interface Timing {
  readonly medianMilliseconds: number;
  /** Median absolute deviation from the median. */
  readonly madMilliseconds: number;
  /** In order of measurement. */
  readonly samples: readonly number[];
  /** Repetitions that one sample averages. */
  readonly repetitions: number;
  /** Time of the first run, with compilation where the driver compiles late. */
  readonly firstMilliseconds: number;
  readonly source: TimeSource;
}

/** Shortest wall-clock sample, which has to hide the latency of a synchronisation. */
const wallClockSample = 200;

/** Median of a non-empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median absolute deviation of a non-empty list. */
export function medianAbsoluteDeviation(values: readonly number[]): number {
  const center = median(values);
  return median(values.map((value) => Math.abs(value - center)));
}

async function sampleTimestamps(
  device: Device,
  lead: (pass: GPUComputePassEncoder) => void,
  encode: (pass: GPUComputePassEncoder) => void,
  count: number,
): Promise<number[]> {
  const { gpu } = device;
  const querySet = gpu.createQuerySet({ label: "samples", type: "timestamp", count: 2 * count });
  const buffer = gpu.createBuffer({
    label: "sample times",
    size: 16 * count,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  try {
    const encoder = gpu.createCommandEncoder({ label: "samples" });
    const first = encoder.beginComputePass({ label: "lead" });
    lead(first);
    first.end();
    for (let i = 0; i < count; i++) {
      const pass = encoder.beginComputePass({
        timestampWrites: {
          querySet,
          beginningOfPassWriteIndex: 2 * i,
          endOfPassWriteIndex: 2 * i + 1,
        },
      });
      encode(pass);
      pass.end();
    }
    encoder.resolveQuerySet(querySet, 0, 2 * count, buffer, 0);
    gpu.queue.submit([encoder.finish()]);
    const stamps = new BigUint64Array(await device.read(buffer, 0, 16 * count));
    return Array.from({ length: count }, (_, i) => Number(stamps[2 * i + 1] - stamps[2 * i]) / 1e6);
  } finally {
    buffer.destroy();
    querySet.destroy();
  }
}

/**
 * Times a sequence of dispatches.
 *
 * @param encode Records the work once; it must be repeatable.
 */
export async function benchmark(
  device: Device,
  encode: (pass: GPUComputePassEncoder) => void,
  options: BenchmarkOptions = {},
): Promise<Timing> {
  const { samples = 15, warmups = 2, budgetMilliseconds = 600 } = options;
  const source = timeSource(device);
  const shortest = source === "wall clock" ? wallClockSample : options.sampleMilliseconds ?? 0.5;
  const repeat = (count: number) => (pass: GPUComputePassEncoder) => {
    for (let i = 0; i < count; i++) encode(pass);
  };
  const start = performance.now();
  await timePass(device, encode);
  const firstMilliseconds = performance.now() - start;
  let once = Infinity;
  for (let i = 0; i < Math.max(1, warmups); i++) {
    once = Math.min(once, 1000 * await timePass(device, encode));
  }
  const repetitionsFor = (milliseconds: number) =>
    Math.min(20_000, Math.ceil(milliseconds / Math.max(once, 1e-4)));
  const repetitions = Math.max(1, repetitionsFor(shortest));
  const lead = options.leadMilliseconds ?? (device.adapterInfo.class === "gpu" ? 1_000 : 0);
  const count = Math.max(
    5,
    Math.min(samples, Math.floor(budgetMilliseconds / (repetitions * once))),
  );
  let times: number[] = [];
  if (source === "gpu timestamps") {
    times = await sampleTimestamps(
      device,
      repeat(repetitionsFor(lead)),
      repeat(repetitions),
      count,
    );
  } else {
    for (let i = 0; i < count; i++) {
      times.push(1000 * await timePass(device, repeat(repetitions)));
    }
  }
  const perRepetition = times.map((time) => time / repetitions);
  return {
    medianMilliseconds: median(perRepetition),
    madMilliseconds: medianAbsoluteDeviation(perRepetition),
    samples: perRepetition,
    repetitions,
    firstMilliseconds,
    source,
  };
}

/** Measured rates of the adapter; see `measureFmaRate` and `measureBandwidth`. */
export interface MachineRates {
  /** 1e9 floating-point operations per second. */
  readonly gigaflops: number;
  /** 1e9 bytes per second. */
  readonly gigabytesPerSecond: number;
}

/** What a time amounts to. */
export interface Rates {
  /** `null` for work without floating-point operations. */
  readonly gigaflops: number | null;
  readonly shareOfMultiplyAddRate: number | null;
  readonly gigabytesPerSecond: number;
  readonly shareOfBandwidth: number | null;
}

/** Relates a time to the work done in it and to the machine. */
export function ratesOf(
  milliseconds: number,
  work: { readonly flops: number; readonly bytes: number },
  machine?: MachineRates,
): Rates {
  const gigaflops = work.flops > 0 ? work.flops / milliseconds / 1e6 : null;
  const gigabytesPerSecond = work.bytes / milliseconds / 1e6;
  return {
    gigaflops,
    shareOfMultiplyAddRate: machine && gigaflops !== null ? gigaflops / machine.gigaflops : null,
    gigabytesPerSecond,
    shareOfBandwidth: machine ? gigabytesPerSecond / machine.gigabytesPerSecond : null,
  };
}
