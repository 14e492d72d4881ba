import assert from "node:assert/strict";
import { lraTasks } from "../data/lra_tasks.ts";
import {
  paperRow,
  paperSetting,
  publishedRows,
  publishedRowsOf,
  publishedSettings,
} from "./paper.ts";

Deno.test("the published files hold every figure and setting and cite each", () => {
  assert.equal(publishedRows().length + publishedSettings().length, 811);
  for (const entry of [...publishedRows(), ...publishedSettings()]) {
    assert.ok(entry.citations.every((citation) => citation.length > 5));
  }
});

Deno.test("paperRow prefers the re-run of the paper over the figure it quotes", () => {
  assert.equal(paperRow("listops", "mega", "accuracy")?.value, 63.14);
  assert.equal(paperRow("listops", "mega-chunk", "accuracy")?.value, 58.76);
  assert.equal(paperRow("listops", "transformer", "accuracy")?.value, 37.11);
  assert.equal(paperRow("listops", "transformer-original", "accuracy")?.value, 36.37);
  assert.equal(paperRow("text-4k", "mega-chunk", "training-speed")?.value, 5.5);
  assert.equal(paperRow("imagenet-1k", "mega", "accuracy")?.value, 82.3);
  assert.equal(paperRow("wikitext-103", "mega", "perplexity")?.parameterCount, 252e6);
  assert.equal(paperRow("pathx", "transformer", "accuracy")?.value, null);
  assert.equal(paperRow("listops", "no-such-model", "accuracy"), undefined);
});

Deno.test("the averages of Table 2 are those of its rows, without a failed Path-X", () => {
  const table = publishedRows().filter((row) => row.table === "mega-table-2");
  const models = new Set(table.map((row) => row.model));
  assert.equal(models.size, 12);
  for (const model of models) {
    const of = (task: string) =>
      table.find((row) => row.model === model && row.task === task && row.metric === "accuracy")
        ?.value;
    const values = lraTasks.flatMap((task) => of(task) ?? []);
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    assert.ok(Math.abs(average - (of("lra-average") ?? NaN)) <= 0.0101, `${model}: ${average}`);
  }
});

Deno.test("figures of others are kept apart from those of the paper", () => {
  const rows = publishedRowsOf("image", "validation-accuracy");
  assert.equal(rows.length, 24);
  assert.ok(rows.every((row) => row.provenance === "third-party"));
  assert.equal(paperRow("listops", "s4d-legs", "accuracy"), undefined);
});

Deno.test("paperSetting finds the hyper-parameters of a task", () => {
  assert.equal(paperSetting("mega-table-8", "listops", "width")?.value, 80);
  assert.equal(paperSetting("mega-repo-updates", "listops", "max updates")?.value, 90000);
  assert.equal(paperSetting("mega-table-8", "image", "attention function")?.value, "laplace");
  assert.equal(paperSetting("mega-table-8", "image", "no such thing"), undefined);
});
