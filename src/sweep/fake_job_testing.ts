/**
 * A job that trains nothing: `fake_job_testing.ts FOLDER BEHAVIOUR`. It writes what a job writes and
 * then ends (`done`, `diverged`, `fail`, `locked`), is killed (`die`), or waits to be ended: `wait`
 * ends at SIGTERM as a job does, `stubborn` does not.
 */
import { join } from "node:path";
import { progressFormat } from "../cells/cell_files.ts";
import { writeSealed } from "../util/sealed_file.ts";
import { writeJob } from "./sweep_testing.ts";

const [folder, behaviour] = Deno.args;

async function say(update: number): Promise<void> {
  await writeSealed(join(folder, "cell", "progress.json"), progressFormat, {
    update,
    updates: 100,
    loss: 2.5,
    score: { name: "accuracy", unit: "fraction", value: 0.25 },
    tokensPerSecond: 1000,
    secondsLeft: 100 - update,
    at: new Date().toISOString(),
  });
}

const own = { pid: Deno.pid, host: Deno.hostname() };
await writeJob(folder, { ...own, state: "running" });
await say(40);
console.log(`out of ${behaviour}`);
console.error(`err of ${behaviour}, LD_LIBRARY_PATH ${Deno.env.get("LD_LIBRARY_PATH") ?? "unset"}`);
switch (behaviour) {
  case "done":
    await say(100);
    await writeJob(folder, { ...own, state: "completed" });
    Deno.exit(0);
    break;
  case "diverged":
    await writeJob(folder, { ...own, state: "diverged", reason: "loss is NaN" });
    Deno.exit(1);
    break;
  case "fail":
    await writeJob(folder, { ...own, state: "failed", reason: "no data" });
    Deno.exit(2);
    break;
  case "locked":
    await writeJob(folder, { ...own, state: "failed", reason: "locked by process 5" });
    Deno.exit(75);
    break;
  case "die":
    Deno.kill(Deno.pid, "SIGKILL");
    break;
  case "wait":
    Deno.addSignalListener("SIGTERM", async () => {
      await writeJob(folder, { ...own, state: "interrupted" });
      Deno.exit(143);
    });
    break;
  default:
    Deno.addSignalListener("SIGTERM", () => {});
}
setInterval(() => {}, 1000);
