import assert from "node:assert/strict";
import type { JobRecord } from "../cells/job_file.ts";
import { judge } from "./verdict.ts";

const record = (state: JobRecord["state"], reason: string | null = null): JobRecord => ({
  ...{ state, reason, cell: null, folder: null, host: "here", pid: 1 },
  at: "2026-01-01T00:00:00.000Z",
});
const ended = (code: number | null, reason: string | null = null) =>
  ({ kind: "ended", code, reason }) as const;

Deno.test("a job is done or has diverged when both its exit code and its record say so", () => {
  assert.deepEqual(judge(ended(0), record("completed")), { kind: "done" });
  assert.deepEqual(judge(ended(1), record("diverged", "loss is NaN")), {
    kind: "diverged",
    reason: "loss is NaN",
  });
  assert.equal(judge(ended(0), record("running")).kind, "failed");
  assert.equal(judge(ended(0), undefined).kind, "failed");
  // Deno ends with 1 after an uncaught error.
  assert.equal(judge(ended(1), record("running")).kind, "failed");
  assert.equal(judge(ended(1), record("completed")).kind, "failed");
});

Deno.test("what a job complains of is not tried again", () => {
  assert.deepEqual(judge(ended(2), record("failed", "no data")), {
    kind: "failed",
    reason: "no data",
  });
  assert.deepEqual(judge(ended(70), undefined), {
    kind: "failed",
    reason: "ended with exit code 70",
  });
});

Deno.test("what something else ended is tried again", () => {
  for (
    const [end, reason] of [
      [ended(null, "ended by SIGKILL"), "ended by SIGKILL"],
      [ended(null, "the node failed"), "the node failed"],
      [ended(143), "ended by signal 15"],
      [ended(139), "ended by signal 11"],
    ] as const
  ) {
    const verdict = judge(end, record("running"));
    assert.deepEqual(verdict, { kind: "again", state: "interrupted", reason, delay: 1 });
  }
});

Deno.test("a job whose cell is locked waits before it is tried again", () => {
  const verdict = judge(ended(75), record("failed", "x: locked by process 5 on y"));
  assert.ok(verdict.kind === "again" && verdict.state === "locked");
  assert.ok(verdict.delay >= 10);
  assert.equal(verdict.reason, "x: locked by process 5 on y");
});
