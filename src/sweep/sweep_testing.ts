/** Plans, jobs and an executor without processes, for tests. */
import { join } from "node:path";
import { jobFormat, type JobRecord } from "../cells/job_file.ts";
import { writeSealed } from "../util/sealed_file.ts";
import type { Executor, JobRun, JobStatus } from "./executor.ts";
import { expandJobs, profileSetting } from "./expand.ts";
import type { Setting, SweepJob, SweepPlan } from "./plan.ts";
import type { JobView } from "./views.ts";

/** A setting with these departures from the profile. */
export const setting = (changes: Partial<Setting> = {}): Setting => ({
  ...profileSetting,
  ...changes,
});

/** A plan of one task, two models, two seeds and two learning rates, with these changes. */
export function testPlan(changes: Partial<SweepPlan> = {}): SweepPlan {
  return {
    suite: "lm",
    profile: "quick",
    runs: [{ task: "characters", model: "mega" }, { task: "characters", model: "transformer" }],
    seeds: [1, 2],
    settings: [setting({ learningRate: 0.005 }), setting({ learningRate: 0.01 })],
    direction: null,
    carryState: false,
    data: null,
    cells: "/cells",
    code: "0".repeat(64),
    ...changes,
  };
}

/** The first jobs of the plan above. */
export const testJobs = (count: number): SweepJob[] => expandJobs(testPlan()).slice(0, count);

/** A job as it is seen, with these changes. */
export function testView(job: SweepJob, changes: Partial<JobView> = {}): JobView {
  const nothing = { progress: null, reason: null, place: null, seconds: null };
  return { job, phase: "waiting", ...nothing, ...changes };
}

/** Writes what a job says of itself, and the row of its cell where it is finished. */
export async function writeJob(folder: string, changes: Partial<JobRecord>): Promise<void> {
  const cell = join(folder, "cell");
  await Deno.mkdir(cell, { recursive: true });
  const record: JobRecord = {
    state: "running",
    cell: "c".repeat(20),
    folder: cell,
    reason: null,
    host: "here",
    pid: 1,
    at: new Date().toISOString(),
    ...changes,
  };
  await writeSealed(join(folder, "job.json"), jobFormat, record);
  if (record.state === "completed" || record.state === "diverged") {
    await Deno.writeTextFile(join(cell, "row.json"), "{}");
  }
}

/** What an attempt of a {@link FakeExecutor} does: what the job writes, and how it ends. */
export interface FakeEnd {
  readonly record?: Partial<JobRecord>;
  readonly code: number | null;
  readonly reason?: string;
}

/** An executor whose attempts end when they are next looked at, as a script says. */
export class FakeExecutor implements Executor {
  readonly name = "fake";
  /** Numbers of the jobs of each call of `submit`. */
  readonly submitted: number[][] = [];
  /** Most attempts that ran at a time. */
  most = 0;
  cancelled = false;
  closed = false;
  readonly #states = new Map<number, JobStatus>();
  readonly #folders = new Map<number, string>();
  #adopted: readonly JobRun[];

  /** @param script What happens to a job at an attempt; `undefined` to run on. */
  constructor(
    readonly capacity: number,
    private readonly script: (index: number, attempt: number) => FakeEnd | undefined,
    adopted: readonly JobRun[] = [],
  ) {
    this.#adopted = adopted;
  }

  async adopt(): Promise<readonly JobRun[]> {
    for (const run of this.#adopted) await this.#take(run);
    return this.#adopted;
  }

  async submit(runs: readonly JobRun[]): Promise<void> {
    this.submitted.push(runs.map(({ index }) => index));
    for (const run of runs) await this.#take(run);
  }

  readonly #attempts = new Map<number, number>();

  async #take({ index, attempt, folder, log }: JobRun): Promise<void> {
    await Deno.writeTextFile(log, "");
    this.#attempts.set(index, attempt);
    this.#folders.set(index, folder);
    this.#states.set(index, { kind: "running", place: null });
    const running = [...this.#states.values()].filter(({ kind }) => kind === "running").length;
    this.most = Math.max(this.most, running);
  }

  async poll(): Promise<ReadonlyMap<number, JobStatus>> {
    const now = new Map(this.#states);
    for (const [index, { kind }] of this.#states) {
      const end = kind === "running"
        ? this.script(index, this.#attempts.get(index) ?? 0)
        : undefined;
      if (end === undefined) continue;
      if (end.record !== undefined) await writeJob(this.#folders.get(index) ?? "", end.record);
      const { code, reason = null } = end;
      this.#states.set(index, { kind: "ended", code, reason });
    }
    return now;
  }

  cancel(): Promise<void> {
    this.cancelled = true;
    for (const [index, { kind }] of this.#states) {
      if (kind === "ended") continue;
      this.#states.set(index, { kind: "ended", code: 143, reason: null });
    }
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  describe(): Promise<string> {
    return Promise.resolve("");
  }
}
