/** The same work by other libraries, for comparison in the same run. */
import { median } from "../../src/eval/micro_benchmark.ts";

/** A dense f32 operand. */
export interface PeerOperand {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Work that the peers can do. */
export type PeerTask =
  | {
    readonly kind: "matmul";
    readonly a: PeerOperand;
    readonly b: PeerOperand;
    readonly transposeA: boolean;
    readonly transposeB: boolean;
  }
  | { readonly kind: "softmax"; readonly x: PeerOperand }
  | { readonly kind: "layerNorm"; readonly x: PeerOperand; readonly epsilon: number };

/** A task whose operands are on the device. */
export interface PreparedTask {
  /** Queues the work once and drops the result. */
  queue(): void | Promise<void>;
  /** Queues the work once and reads the result, which waits for everything queued before. */
  result(): Promise<ArrayLike<number>>;
  /** Releases the operands. */
  release(): void;
}

/** A library under comparison. */
export interface Peer {
  readonly name: string;
  readonly version: string;
  prepare(task: PeerTask): PreparedTask;
}

/** Shortest run whose time is taken, milliseconds; a synchronisation alone takes 11 or more. */
const longEnough = 60;

/**
 * Median milliseconds per call: the time that further calls add to a run with one synchronisation
 * at its end, so that the latency of the synchronisation and of the readback drop out.
 *
 * @param now The time in milliseconds; another clock only in tests.
 */
export async function timePeer(
  task: PreparedTask,
  samples = 5,
  now: () => number = () => performance.now(),
): Promise<number> {
  const run = async (calls: number) => {
    const start = now();
    for (let i = 1; i < calls; i++) await task.queue();
    await task.result();
    return now() - start;
  };
  await run(2);
  let calls = 1;
  let base = await run(1);
  while (base < longEnough && calls < 2048) base = await run(calls *= 2);
  const times: number[] = [];
  for (let i = 0; i < samples; i++) {
    const short = await run(calls);
    times.push((await run(3 * calls) - short) / (2 * calls));
  }
  return Math.max(1e-6, median(times));
}
