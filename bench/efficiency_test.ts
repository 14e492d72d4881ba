import assert from "node:assert/strict";
import { testDevice } from "../src/compiler/testing.ts";
import { Device } from "../src/device/device.ts";
import { BYTE_VOCABULARY } from "../src/data/byte_vocabulary.ts";
import { PAD_ID } from "../src/data/vocabulary.ts";
import {
  type EfficiencyModel as Name,
  efficiencyPreset,
} from "../src/models/efficiency_presets.ts";
import { diffResults } from "../src/results/diff/diff_results.ts";
import type { Result } from "../src/results/schema.ts";
import { formatResult, parseResult } from "../src/results/store.ts";
import { summaryTables } from "../src/results/summary.ts";
import { efficiencyTable } from "../src/results/tables/efficiency_table.ts";
import { measuredSets } from "../src/results/tables/measured_set.ts";
import { cellText, checkTable } from "../src/results/table.ts";
import { runEfficiencySuite } from "./efficiency.ts";
import { efficiencyBatch, efficiencyData } from "./efficiency_data.ts";
import { EfficiencyModel } from "./efficiency_model.ts";

Deno.test("the sequences are full, repeatable, and another seed has others", () => {
  const data = efficiencyData(3, 100, 1);
  const { tokens, lengths, weights, labels } = efficiencyBatch(data);
  assert.equal(tokens.length, 300);
  assert.ok(tokens.every((id) => id > PAD_ID && id < BYTE_VOCABULARY.size - 1));
  assert.deepEqual([...lengths, ...weights], [100, 100, 100, 1, 1, 1]);
  assert.ok(labels.every((label) => label === 0 || label === 1));
  assert.equal(efficiencyData(3, 100, 1).sha256, data.sha256);
  assert.notEqual(efficiencyData(3, 100, 2).sha256, data.sha256);
});

/** Planned bytes and operations of a training step that is compiled but never run. */
async function plan(model: Name, length: number) {
  const device = await testDevice("software");
  const request = { model, profile: "smoke", vocabulary: BYTE_VOCABULARY.size, length } as const;
  const built = new EfficiencyModel(
    device,
    efficiencyPreset(request),
    efficiencyData(1, length, 1),
    1,
  );
  const { peakBytes, flops } = built.session.program.statistics;
  built.destroy();
  return { bytes: peakBytes, operations: flops };
}

Deno.test("memory and operations of Mega-chunk grow linearly, of unfused attention with the square", async () => {
  const exponents = async (model: Name) => {
    const [short, long] = [await plan(model, 1024), await plan(model, 4096)];
    const exponent = (key: "bytes" | "operations") =>
      Math.log(long[key] / short[key]) / Math.log(4);
    return { bytes: exponent("bytes"), operations: exponent("operations") };
  };
  const chunked = await exponents("mega-chunk");
  assert.ok(chunked.bytes > 0.9 && chunked.bytes <= 1.1, `bytes ${chunked.bytes}`);
  assert.ok(chunked.operations > 0.9 && chunked.operations <= 1.1, `${chunked.operations}`);
  const unfused = await exponents("transformer-unfused");
  assert.ok(unfused.bytes > 1.8, `bytes ${unfused.bytes}`);
  assert.ok(unfused.operations > 1.7, `operations ${unfused.operations}`);
  const fused = await exponents("transformer");
  assert.ok(fused.bytes <= 1.1, `bytes ${fused.bytes}`);
  assert.ok(fused.operations > 1.7, `operations ${fused.operations}`);
});

Deno.test("a tiny run gives valid rows, a table, and a failed row where memory ends", async () => {
  const whole = await testDevice("software");
  // Weights of 640 x 640 do not fit, everything else does.
  const limits = { ...whole.limits, maxStorageBufferBindingSize: 1.3 * 2 ** 20 };
  const device = new Device(
    whole.gpu,
    whole.adapterInfo,
    limits,
    whole.subgroupSize,
    whole.adapterClass,
  );
  const messages: string[] = [];
  const kept: Result[] = [];
  const models = ["transformer-unfused", "mega-chunk"] as const;
  const result = await runEfficiencySuite(device, {
    profile: "smoke",
    models,
    seeds: [1],
    batchSize: undefined,
    lengths: [128, 640],
    budget: { warmup: 1, leastRounds: 2, mostRounds: 2, seconds: 0 },
  }, {
    message: (line) => messages.push(line),
    onLength(sofar) {
      kept.push(parseResult(formatResult(sofar), "efficiency.json"));
      return Promise.resolve();
    },
  });
  assert.deepEqual(kept.map(({ rows, finishedAt }) => [rows.length, finishedAt]), [
    [2, null],
    [4, null],
    [4, null],
    [4, null],
  ]);
  assert.deepEqual(parseResult(formatResult(result), "efficiency.json"), result);
  assert.notEqual(result.finishedAt, null);
  assert.equal(device.liveBuffers, 0, "also of the model that did not fit");
  assert.deepEqual(
    result.rows.map(({ model, sequenceLength, status }) => [model.name, sequenceLength, status]),
    [128, 640].flatMap((length) =>
      models.map((model) => [
        model,
        length,
        model === "transformer-unfused" && length === 640 ? "failed" : "completed",
      ])
    ),
  );
  assert.match(result.rows[2].reason ?? "", /needs 1\.6 MiB but this adapter binds at most 1\.3/);
  assert.match(messages.join("\n"), /transformer-unfused at length 640 failed/);
  for (const row of result.rows.filter(({ status }) => status === "completed")) {
    const { stepMilliseconds, tokensPerSecond, peakPlannedBytes } = row.performance;
    // Two rounds on the way up and two on the way down.
    assert.ok(row.updatesDone >= 4);
    assert.ok(stepMilliseconds !== null && stepMilliseconds.median > 0);
    assert.ok(tokensPerSecond !== null && tokensPerSecond > 0);
    assert.ok(peakPlannedBytes !== null && peakPlannedBytes > 4 * row.model.parameterCount);
    assert.deepEqual(row.warnings, []);
  }
  const table = efficiencyTable(measuredSets([result]));
  checkTable(table);
  const [{ title, rows }] = table.sections;
  assert.match(title, /^Transformer \(unfused\) · [\d.]+k parameters$/);
  assert.equal(cellText(rows[0][4]), "1.00×");
  assert.equal(cellText(rows[1][1]), "failed ‡");
  assert.ok(table.footnotes.some((note) => /length 640 seed 1 failed/.test(note)));
  assert.ok(table.footnotes.some((note) => /chunks of 128 at every length/.test(note)));
  summaryTables(result).forEach(checkTable);
  const diff = diffResults({ name: "old", result }, { name: "new", result });
  assert.ok(diff.entries.some(({ task, kind }) => task === "text 640" && kind === "speed"));
});
