import assert from "node:assert/strict";
import { formatReport } from "../report.ts";
import { verifyTextFile } from "./verify_text.ts";

Deno.test("golden enwik8_full_size_split.json agrees", async () => {
  const folder = `${import.meta.dirname}/../../../../fixtures/goldens_text`;
  const report = await verifyTextFile(`${folder}/enwik8_full_size_split.json`);
  assert.ok(report.passed, formatReport([report]));
});
