/** The worker that does one {@link SideJob}. */
import { UserError } from "../../../errors.ts";
import { runSideJob, type SideJob, type SideResult } from "./side_job.ts";

/** What the worker is given. */
export interface SideOrder {
  readonly job: SideJob;
  /** One number, which is set to stop the job. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

/** What the worker says. */
export type SideAnswer =
  | { readonly kind: "lines"; readonly lines: number }
  | { readonly kind: "done"; readonly result: SideResult }
  | { readonly kind: "error"; readonly user: boolean; readonly message: string };

const answer = (message: SideAnswer) => postMessage(message);

declare function postMessage(message: SideAnswer): void;

function work({ job, stop }: SideOrder): void {
  try {
    const result = runSideJob(job, (lines) => {
      answer({ kind: "lines", lines });
      return Atomics.load(stop, 0) !== 0;
    });
    answer({ kind: "done", result });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    answer({ kind: "error", user: error instanceof UserError, message });
  }
}

addEventListener("message", (event) => {
  if (event instanceof MessageEvent) work(event.data);
}, { once: true });
