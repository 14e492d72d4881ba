import assert from "node:assert/strict";
import { parseAdapters } from "../sweep/adapters.ts";
import { executorOf } from "./sweep_executor.ts";

const context = { folder: "/sweep", signal: new AbortController().signal, report: () => {} };

Deno.test("a sweep runs one job at a time here, and as many as Slurm lets there", () => {
  const local = executorOf({ executor: "local" }, [])(context);
  assert.deepEqual([local.name, local.capacity], ["local", 1]);
  assert.equal(executorOf({ executor: "local", processes: 3 }, [])(context).capacity, 3);
  const slurm = executorOf({ executor: "slurm" }, [])(context);
  assert.deepEqual([slurm.name, slurm.capacity], ["slurm", Infinity]);
});

Deno.test("options of another executor are refused", () => {
  assert.throws(
    () => executorOf({ executor: "local", gres: "gpu:1" }, []),
    /UserError: --gres goes with --executor slurm/,
  );
  assert.throws(
    () => executorOf({ executor: "local", keepJobs: true }, []),
    /UserError: --keep-jobs goes with --executor slurm/,
  );
  assert.throws(
    () => executorOf({ executor: "slurm" }, parseAdapters(["mesa"])),
    /UserError: --adapter goes with --executor local/,
  );
});

Deno.test("an option that sbatch would not take is refused before anything starts", () => {
  assert.throws(
    () => executorOf({ executor: "slurm", slurm: ["--array=0-9"] }, []),
    /UserError: --slurm --array=0-9: this option is set by the sweep itself/,
  );
});
