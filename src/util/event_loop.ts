/** Time for timers, messages and signals between pieces of long work on this thread. */
import { setImmediate } from "node:timers/promises";

/** Resolves after whatever waits in the event loop had its turn; some 10 µs where nothing does. */
export async function nextTurn(): Promise<void> {
  await setImmediate();
}
