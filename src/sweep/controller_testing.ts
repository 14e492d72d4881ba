/**
 * A controller in a process of its own: `controller_testing.ts FOLDER PROCESSES BEHAVIOUR...`, one
 * job for each behaviour of `fake_job_testing.ts`. It prints the phases of the jobs at its end.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Controller } from "./controller.ts";
import { logPath } from "./executor.ts";
import { LocalExecutor } from "./local_executor.ts";
import { testJobs } from "./sweep_testing.ts";

const [folder, processes, ...behaviours] = Deno.args;
const script = fileURLToPath(new URL("./fake_job_testing.ts", import.meta.url));
const end = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.addSignalListener(signal, () => end.abort());
}
const views = await new Controller({
  jobs: testJobs(behaviours.length),
  executor: new LocalExecutor({ processes: Number(processes), adapters: [], root: folder }),
  retries: 1,
  folderOf: ({ index }) => join(folder, "jobs", String(index)),
  runOf: ({ index }, attempt) => {
    const own = join(folder, "jobs", String(index));
    return {
      index,
      attempt,
      folder: own,
      log: logPath(own, attempt),
      argv: [Deno.execPath(), "run", "--no-check", "-A", script, own, behaviours[index]],
      environment: { PATH: "/usr/bin:/bin", HOME: Deno.env.get("HOME") ?? "", NO_COLOR: "1" },
    };
  },
  signal: end.signal,
  onViews: (views) => {
    if (views.every(({ progress }) => progress !== null)) console.log("all run");
  },
  interval: 20,
}).run();
console.log(views.map(({ phase }) => phase).join(" "));
Deno.exit(end.signal.aborted ? 143 : 0);
