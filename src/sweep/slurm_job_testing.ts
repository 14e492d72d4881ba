/**
 * A job for tests of executors: it counts to a number, a step every 50 ms, and continues where an
 * earlier attempt was killed, as a cell does.
 *
 * Arguments: `--job FOLDER`, the number, and the exit code (0, 1, 2 as of `cell`).
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jobFormat, type JobRecord } from "../cells/job_file.ts";
import { writeFileAtomic } from "../util/atomic_write.ts";
import { ifPresent } from "../util/read_error.ts";
import { writeSealed } from "../util/sealed_file.ts";

const [, job, target, code] = Deno.args;
const cell = join(job, "cell");
const steps = join(cell, "steps.txt");

async function write(state: JobRecord["state"], reason: string | null): Promise<void> {
  await writeSealed(join(job, "job.json"), jobFormat, {
    state,
    cell: "counter",
    folder: cell,
    reason,
    host: "test",
    pid: Deno.pid,
    at: new Date().toISOString(),
  });
}

await Deno.mkdir(cell, { recursive: true });
let ended = false;
Deno.addSignalListener("SIGTERM", () => {
  ended = true;
});
const done = await ifPresent(steps, Deno.readTextFile(steps)) ?? "";
const first = done.split("\n").length;
console.log(`starts at ${first} with ${Deno.env.get("MEGA_WORD") ?? "no word"}`);
await write("running", null);
for (let step = first; step <= Number(target); step++) {
  if (ended) {
    await write("interrupted", "interrupted");
    console.log(`interrupted before ${step}`);
    Deno.exit(143);
  }
  await Deno.writeTextFile(steps, `${step}\n`, { append: true });
  await sleep(50);
}
if (code === "2") {
  await write("failed", "the data is gone");
} else {
  await writeFileAtomic(join(cell, "row.json"), "{}");
  await write(code === "1" ? "diverged" : "completed", code === "1" ? "NaN" : null);
}
console.log(`counted to ${target}`);
Deno.exit(Number(code));
