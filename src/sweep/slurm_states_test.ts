import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JobRecord } from "../cells/job_file.ts";
import {
  parseAccounting,
  parseArrayId,
  parseMaxArraySize,
  parseQueue,
  parseSubmitted,
  statusByRecord,
  statusOf,
} from "./slurm_states.ts";

/** Outputs of a real Slurm 22.05, with tasks that ended in every way that could be had. */
const recorded = fileURLToPath(new URL("../../fixtures/slurm/recorded", import.meta.url));
const read = (name: string) => Deno.readTextFile(join(recorded, name));

const queued = (note: string | null) => ({ kind: "queued", note });
const ended = (code: number | null, reason: string | null) => ({ kind: "ended", code, reason });

Deno.test("squeue's list says what became of every task", async () => {
  const running = { kind: "running", place: "vm" };
  const entries = parseQueue(await read("squeue.txt") + await read("squeue-ended.txt"));
  const statuses = [...entries].map(([key, entry]) => [key, statusOf(entry)]);
  assert.deepEqual(Object.fromEntries(statuses), {
    "5_0": ended(0, null),
    "5_1": ended(1, null),
    "5_2": ended(2, null),
    // Exit code 130.
    "5_3": ended(null, "ended by signal 2"),
    "5_4": ended(null, "ended by signal 9"),
    "5_5": ended(null, "cancelled in Slurm"),
    "5_6": queued("put back by Slurm: BeginTime"),
    "5_7": running,
    "5_8": running,
    "5_9": running,
    "5_10": ended(null, "cancelled in Slurm"),
    "16_0": queued(null),
    "17_0": ended(null, "cancelled in Slurm"),
    "17_1": ended(null, "cancelled in Slurm"),
    "17_2": ended(null, "cancelled in Slurm"),
    "17_3": ended(null, "cancelled in Slurm"),
    "18_0": ended(null, "time limit reached (--time asks for more)"),
    "19_0": ended(null, "pre-empted"),
    "21_0": ended(null, "its node failed"),
    // Its node failed as well, but it may start again.
    "22_0": queued("put back by Slurm: BeginTime"),
  });
});

Deno.test("sacct's exit codes other than 0 are not believed: its 2 was 130", async () => {
  const entries = parseAccounting(await read("sacct.txt") + await read("sacct-ended.txt"));
  const { code, signal, state } = entries.get("5_3") ?? {};
  assert.deepEqual([state, code, signal], ["FAILED", null, null]);
  const known = [...entries].filter(([, { code, signal }]) => code !== null || signal !== null);
  assert.deepEqual(known.map(([key, entry]) => [key, statusOf(entry)]).slice(0, 2), [
    ["5_0", ended(0, null)],
    ["5_4", ended(null, "ended by signal 9")],
  ]);
  const states = [...entries].map(([key, { state }]) => `${key} ${state}`).slice(-7);
  assert.deepEqual(states, [
    "5_9 RUNNING",
    "5_10 CANCELLED",
    "5_6 PENDING",
    "18_0 TIMEOUT",
    "19_0 PREEMPTED",
    "21_0 NODE_FAIL",
    "22_0 NODE_FAIL",
  ]);
});

Deno.test("lines that are no tasks are left out", () => {
  const noise = "CLUSTER: one\n7|N/A|CANCELLED|0|0||None|\nslurm: a word\n\n";
  assert.equal(parseQueue(noise).size, 0);
  assert.equal(parseAccounting("7|CANCELLED by 1000|0:0|None assigned\n7_[1-3]|x\n").size, 0);
  assert.equal(parseQueue("7|1|PENDING|0|0||a|b|\n").get("7_1")?.reason, "a|b");
});

Deno.test("a job that Slurm could not start is one to repeat", () => {
  const [entry] = parseQueue("1|7|FAILED|4021|0|vm|JobLaunchFailure|\n").values();
  assert.deepEqual(statusOf(entry), ended(null, "failed in Slurm (JobLaunchFailure)"));
});

Deno.test("unknown states wait, and states of transition run", () => {
  const entry = { code: 0, signal: null, reason: null, nodes: "n1", restarts: 0 };
  assert.deepEqual(statusOf({ ...entry, state: "REQUEUE_HOLD" }), queued("requeue_hold"));
  assert.deepEqual(statusOf({ ...entry, state: "COMPLETING" }), { kind: "running", place: "n1" });
});

Deno.test("the number of an array is found in what Slurm prints", () => {
  assert.equal(parseSubmitted("12\n"), 12);
  assert.equal(parseSubmitted("a word of the site\n12;cluster\n"), 12);
  assert.equal(parseSubmitted("no number\n"), undefined);
  assert.equal(parseArrayId("12|\n12|\n"), 12);
  assert.equal(parseArrayId("12_[0-3]\n"), 12);
  assert.equal(parseArrayId("\n"), undefined);
});

Deno.test("the size of an array is the smaller of Slurm's two limits", async () => {
  assert.equal(parseMaxArraySize(await read("config.txt")), 101);
  const limits = "MaxArraySize = 1001\nSchedulerParameters = a=1,max_array_tasks=50,b\n";
  assert.equal(parseMaxArraySize(limits), 50);
});

Deno.test("of a job that Slurm has forgotten, its own record decides", () => {
  const record = (state: JobRecord["state"]): JobRecord => ({
    state,
    cell: null,
    folder: null,
    reason: null,
    host: "n1",
    pid: 1,
    at: "2026-01-01T00:00:00Z",
  });
  assert.deepEqual(statusByRecord(record("completed"), null), ended(0, null));
  assert.deepEqual(statusByRecord(record("diverged"), null), ended(1, null));
  assert.deepEqual(statusByRecord(record("failed"), "failed in Slurm"), ended(2, null));
  assert.deepEqual(
    statusByRecord(record("interrupted"), "failed in Slurm"),
    ended(null, "failed in Slurm"),
  );
  assert.deepEqual(statusByRecord(undefined, null), ended(null, "Slurm no longer knows the job"));
});
