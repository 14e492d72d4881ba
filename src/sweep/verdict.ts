/** What the end of an attempt means for its job. */
import type { JobRecord } from "../cells/job_file.ts";
import { jobExitCodes, type JobStatus } from "./executor.ts";

/** How an attempt ended. */
export type Ended = Extract<JobStatus, { kind: "ended" }>;

/** See {@link judge}; `again` attempts may be repeated, and are in this state until then. */
export type Verdict =
  | { readonly kind: "done" }
  | { readonly kind: "diverged"; readonly reason: string | null }
  | { readonly kind: "failed"; readonly reason: string }
  | {
    readonly kind: "again";
    readonly state: "locked" | "interrupted";
    readonly reason: string;
    /** Seconds to wait before the next attempt. */
    readonly delay: number;
  };

/** A process that was killed has a lock that is recognised as stale at once, on its own machine. */
const DELAYS = { locked: 20, interrupted: 1 };

/**
 * Judges an attempt that nobody asked to end.
 *
 * @param record What the job wrote; `undefined` when it wrote nothing.
 */
export function judge({ code, reason }: Ended, record: JobRecord | undefined): Verdict {
  const said = record?.reason ?? null;
  const interrupted = (why: string): Verdict => ({
    kind: "again",
    state: "interrupted",
    reason: why,
    delay: DELAYS.interrupted,
  });
  if (code === null) return interrupted(reason ?? "ended by something else");
  if (code === jobExitCodes.completed && record?.state === "completed") return { kind: "done" };
  // A process that ends with an uncaught error has this code too, but no such record.
  if (code === jobExitCodes.diverged && record?.state === "diverged") {
    return { kind: "diverged", reason: said };
  }
  if (code === jobExitCodes.locked) {
    const why = said ?? "another process works on this run";
    return { kind: "again", state: "locked", reason: why, delay: DELAYS.locked };
  }
  if (code > 128) return interrupted(said ?? `ended by signal ${code - 128}`);
  return { kind: "failed", reason: said ?? reason ?? `ended with exit code ${code}` };
}
