/** What `squeue`, `sacct` and `scontrol` say, as the statuses of jobs. */
import type { JobRecord } from "../cells/job_file.ts";
import { jobExitCodes, type JobStatus } from "./executor.ts";

/** One task of an array, as `squeue` or `sacct` lists it. */
export interface TaskEntry {
  /** Slurm's word, such as `RUNNING`. */
  readonly state: string;
  /** Exit code, `null` where a signal ended the task or Slurm does not say it exactly. */
  readonly code: number | null;
  readonly signal: number | null;
  /** Why it does not run; `null` where Slurm gives no reason. */
  readonly reason: string | null;
  /** Where it runs or ran; `null` before it started. */
  readonly nodes: string | null;
  /** How often Slurm has put it back into the queue. */
  readonly restarts: number;
}

/** Tasks of arrays by {@link taskKey}. */
export type TaskEntries = ReadonlyMap<string, TaskEntry>;

/** Names a task: `ARRAY_TASK`, as Slurm does. */
export function taskKey(array: number, task: number): string {
  return `${array}_${task}`;
}

/** The columns for {@link parseQueue}, for `squeue --Format`: a bar ends each. */
export const queueFormat = [
  "ArrayJobID",
  "ArrayTaskID",
  "State",
  "exit_code",
  "RestartCnt",
  "NodeList",
  "Reason",
].map((field) => `${field}:|`).join(",");

/**
 * Parses `squeue --noheader --array --states=all --Format=...` with {@link queueFormat}. What has no
 * number of a task is left out: arrays that were cancelled before they were split into tasks.
 */
export function parseQueue(text: string): TaskEntries {
  const entries = new Map<string, TaskEntry>();
  for (const line of text.split("\n")) {
    const [array, task, state, status, restarts, nodes, ...reason] = line.split("|");
    if (reason.length === 0 || !/^\d+$/.test(task)) continue;
    entries.set(taskKey(Number(array), Number(task)), {
      state,
      ...waitStatus(Number(status)),
      reason: said(reason.join("|").replace(/\|$/, "")),
      nodes: said(nodes),
      restarts: Number(restarts),
    });
  }
  return entries;
}

/** The columns for {@link parseAccounting}, for `sacct --format`. */
export const accountingFormat = "JobID,State,ExitCode,NodeList";

/** Parses `sacct --noheader --parsable2 --allocations --format=...` with {@link accountingFormat}. */
export function parseAccounting(text: string): TaskEntries {
  const entries = new Map<string, TaskEntry>();
  for (const line of text.split("\n")) {
    const [id, state, exit, nodes] = line.split("|");
    if (nodes === undefined || !/^\d+_\d+$/.test(id)) continue;
    const [code, signal] = exit.split(":").map(Number);
    entries.set(id, {
      // "CANCELLED by 1000"
      state: state.split(" ")[0],
      // sacct drops the highest bit: its 2 may be 130, an interruption.
      code: code === 0 && signal === 0 ? 0 : null,
      signal: signal > 0 ? signal : null,
      reason: null,
      nodes: nodes === "None assigned" ? null : said(nodes),
      restarts: 0,
    });
  }
  return entries;
}

/** Parses `squeue --Format=ArrayJobID:|`, or `sacct --format=JobID`: the first array that is named. */
export function parseArrayId(text: string): number | undefined {
  const [, id] = /^(\d+)/m.exec(text) ?? [];
  return id === undefined ? undefined : Number(id);
}

/** Parses what `sbatch --parsable` prints: the number of the array, and perhaps a cluster. */
export function parseSubmitted(text: string): number | undefined {
  const [, id] = /^(\d+)(?:;.*)?$/m.exec(text) ?? [];
  return id === undefined ? undefined : Number(id);
}

/** Parses `scontrol show config`: how many tasks an array may have; 0 where there are no arrays. */
export function parseMaxArraySize(text: string): number {
  const number = (pattern: RegExp) => {
    const [, value] = pattern.exec(text) ?? [];
    return value === undefined ? Infinity : Number(value);
  };
  return Math.min(
    number(/^MaxArraySize\s*=\s*(\d+)/m),
    number(/^SchedulerParameters\s*=.*\bmax_array_tasks=(\d+)/m),
  );
}

/** Slurm's final states other than success, for people. */
const ENDS: Readonly<Record<string, string>> = {
  BOOT_FAIL: "its node did not start",
  CANCELLED: "cancelled in Slurm",
  DEADLINE: "Slurm's deadline passed",
  FAILED: "failed in Slurm",
  LAUNCH_FAILED: "Slurm could not start it",
  NODE_FAIL: "its node failed",
  OUT_OF_MEMORY: "out of memory (--mem asks for more)",
  PREEMPTED: "pre-empted",
  RECONFIG_FAIL: "its node could not be configured",
  REVOKED: "taken over by another cluster",
  TIMEOUT: "time limit reached (--time asks for more)",
};

const RUNNING: ReadonlySet<string> = new Set([
  "COMPLETING",
  "RESIZING",
  "RUNNING",
  "SIGNALING",
  "STAGE_OUT",
]);

/** The status of a task that Slurm lists. */
export function statusOf(entry: TaskEntry): JobStatus {
  const { state, code, signal, reason, nodes, restarts } = entry;
  if (RUNNING.has(state)) return { kind: "running", place: nodes };
  if (state === "COMPLETED") return { kind: "ended", code: 0, reason: null };
  const why = ENDS[state];
  if (why === undefined) {
    const waits = reason ?? (state === "PENDING" ? null : state.toLowerCase());
    const again = restarts > 0 ? `put back by Slurm${waits === null ? "" : `: ${waits}`}` : waits;
    return { kind: "queued", note: again };
  }
  if (state !== "FAILED") return { kind: "ended", code: null, reason: why };
  // Above 128 a signal ended the job, which it does not do itself.
  if (code !== null && code > 0 && code <= 128) return { kind: "ended", code, reason: null };
  const by = signal ?? (code !== null && code > 128 ? code - 128 : null);
  // With numbers that are no signals Slurm says that it did not start the job.
  const named = by === null || by > 31 ? why : `ended by signal ${by}`;
  const because = reason === null || named !== why ? "" : ` (${reason})`;
  return { kind: "ended", code: null, reason: `${named}${because}` };
}

/**
 * The status of an attempt that has ended for which Slurm has no exit code (any more): what the job
 * itself wrote decides.
 *
 * @param reason What Slurm says about the end, `null` when it has forgotten the job.
 */
export function statusByRecord(record: JobRecord | undefined, reason: string | null): JobStatus {
  switch (record?.state) {
    case "completed":
    case "diverged":
    case "failed":
      return { kind: "ended", code: jobExitCodes[record.state], reason: record.reason };
    default:
      return { kind: "ended", code: null, reason: reason ?? "Slurm no longer knows the job" };
  }
}

/** Splits what wait(2) returns. */
function waitStatus(status: number): Pick<TaskEntry, "code" | "signal"> {
  const signal = status & 0x7f;
  return signal === 0 ? { code: status >> 8, signal: null } : { code: null, signal };
}

function said(text: string): string | null {
  return text === "" || text === "None" || text === "N/A" ? null : text;
}
