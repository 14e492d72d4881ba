/** Memory plan: intermediate values share buffers when their lifetimes do not overlap. */

/** A value that needs memory from kernel `first` to kernel `last`, both included. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** Assignment of values to shared buffers. */
export interface MemoryPlan {
  /** Buffer number of each value. */
  readonly slot: readonly number[];
  /** Size of each buffer in bytes. */
  readonly slotBytes: readonly number[];
  /** Sum of the buffers: what the intermediates really take. */
  readonly peakBytes: number;
  /** What they would take without sharing. */
  readonly totalBytes: number;
}

/**
 * Greedy by size: values from large to small, each into the smallest buffer that is free during its
 * lifetime, else into a new one.
 */
export function planMemory(values: readonly Lifetime[]): MemoryPlan {
  const order = values.map((_, i) => i).sort((a, b) =>
    values[b].bytes - values[a].bytes || values[a].first - values[b].first
  );
  const slot: number[] = new Array(values.length).fill(-1);
  const slotBytes: number[] = [];
  const tenants: Lifetime[][] = [];
  for (const i of order) {
    const value = values[i];
    let best = -1;
    tenants.forEach((list, k) => {
      const free = list.every((other) => other.last < value.first || value.last < other.first);
      if (free && (best < 0 || slotBytes[k] < slotBytes[best])) best = k;
    });
    if (best < 0) {
      best = slotBytes.push(value.bytes) - 1;
      tenants.push([]);
    }
    slot[i] = best;
    tenants[best].push(value);
  }
  return {
    slot,
    slotBytes,
    peakBytes: slotBytes.reduce((a, b) => a + b, 0),
    totalBytes: values.reduce((total, value) => total + value.bytes, 0),
  };
}
