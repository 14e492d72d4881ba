import assert from "node:assert/strict";
import { verifyTextFile } from "./verify_text.ts";

async function verified(output: unknown) {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(path, JSON.stringify({ kind: "corpus", output }));
    return await verifyTextFile(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("lines of a corpus survive being split and joined, marks of pieces in them too", async () => {
  const lines = ["the thin thing then", "", "  a@@ b @@@ the  \u00a0", "😀😁 thé thin", "   "];
  const report = await verified({ lines });
  assert.ok(report.passed, report.failure);
});

Deno.test("a corpus without lines does not pass", async () => {
  assert.match((await verified({})).failure ?? "", /^output: lines: /);
  assert.match((await verified({ lines: [] })).failure ?? "", /no expected results/);
  assert.match((await verified({ lines: ["a", 3] })).failure ?? "", /^output: lines\.1: /);
});
