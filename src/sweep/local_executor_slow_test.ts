import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withFolder } from "../data/data_test_folder.ts";
import { logPath } from "./executor.ts";
import { LocalExecutor } from "./local_executor.ts";

Deno.test("jobs that do not end at SIGTERM are killed within 5 seconds", async () => {
  await withFolder(async (folder) => {
    const executor = new LocalExecutor({ processes: 2, adapters: [], root: folder });
    const runs = [0, 1].map((index) => ({
      index,
      attempt: 1,
      folder,
      log: logPath(folder, index),
      argv: ["/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"],
      environment: { PATH: "/usr/bin:/bin" },
    }));
    await executor.submit(runs);
    while ((await Deno.readTextFile(join(folder, "log-1.txt"))) === "") await sleep(20);
    const begin = performance.now();
    await executor.cancel();
    const seconds = (performance.now() - begin) / 1000;
    assert.ok(seconds > 3 && seconds < 5, `${seconds} s`);
    const states = [...(await executor.poll()).values()];
    assert.deepEqual(states.map((state) => state.kind === "ended" && state.reason), [
      "ended by SIGKILL",
      "ended by SIGKILL",
    ]);
  });
});
