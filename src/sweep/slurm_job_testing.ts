/**
 * A job for tests of executors: it counts to a number, a step every 50 ms, and continues where an
 * earlier attempt was killed, as a cell does.
 *
 * Arguments: `--job FOLDER`, the number, and the exit code (0, 1, 2 as of `cell`).
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ifPresent } from "../util/read_error.ts";
import { writeJob } from "./sweep_testing.ts";

const [, job, target, code] = Deno.args;
const steps = join(job, "cell/steps.txt");
const { pid } = Deno;

let ended = false;
Deno.addSignalListener("SIGTERM", () => {
  ended = true;
});
const done = await ifPresent(steps, Deno.readTextFile(steps)) ?? "";
const first = done.split("\n").length;
console.log(`starts at ${first} with ${Deno.env.get("MEGA_WORD") ?? "no word"}`);
await writeJob(job, { pid, state: "running" });
for (let step = first; step <= Number(target); step++) {
  if (ended) {
    await writeJob(job, { pid, state: "interrupted", reason: "interrupted" });
    console.log(`interrupted before ${step}`);
    Deno.exit(143);
  }
  await Deno.writeTextFile(steps, `${step}\n`, { append: true });
  await sleep(50);
}
if (code === "2") await writeJob(job, { pid, state: "failed", reason: "the data is gone" });
else if (code === "1") await writeJob(job, { pid, state: "diverged", reason: "NaN" });
else await writeJob(job, { pid, state: "completed" });
console.log(`counted to ${target}`);
Deno.exit(Number(code));
