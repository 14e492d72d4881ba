import assert from "node:assert/strict";
import { batchBytes, checkBatchMemory } from "./batch_memory.ts";

Deno.test("batches beyond the memory are refused with the estimate, others are not", () => {
  assert.equal(batchBytes({ rows: 2, length: 10 }), 752);
  checkBatchMemory({ rows: 2, length: 10 }, 752);
  assert.throws(() => checkBatchMemory({ rows: 1e9, length: 40 }, 2 ** 34), {
    name: "UserError",
    message: "batches of 1000000000 x 40 positions take at least 685.5 GiB and this machine has " +
      "16.0 GiB: choose a smaller --batch-size",
  });
});

Deno.test("without being told, the machine's own memory counts", () => {
  checkBatchMemory({ rows: 64, length: 1024 });
  assert.throws(() => checkBatchMemory({ rows: 1e9, length: 1e6 }), /and this machine has/);
});
