import assert from "node:assert/strict";
import { UserError } from "../errors.ts";
import { sha256Hex } from "../util/sha256.ts";
import { type CellChanges, inventedCell } from "./cell_testing.ts";
import { mergeCells } from "./merge.ts";

const a = (changes: CellChanges = {}) => inventedCell({ folder: "a", ...changes });
const b = (changes: CellChanges = {}) => inventedCell({ folder: "b", ...changes });

/** The one line with which a merge is refused. */
function refusal(...cells: ReturnType<typeof inventedCell>[]): string {
  try {
    mergeCells(cells);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return assert.fail("merged");
}

/** Of a refusal that names both folders, what it says before and after them. */
function between(one: ReturnType<typeof inventedCell>, other: ReturnType<typeof inventedCell>) {
  const text = refusal(one, other);
  assert.ok(!text.includes("\n"));
  assert.ok(text.includes(one.folder) && text.includes(other.folder), text);
  return text.replaceAll(one.folder, "A").replaceAll(other.folder, "B");
}

Deno.test("a merge takes every complete run once, in an order that folders do not change", () => {
  const cells = [
    a({ model: "transformer" }),
    a({ seed: 2 }),
    a(),
    b(),
    b({ task: "text" }),
  ];
  const { result, incomplete, choices } = mergeCells(cells);
  const names = result.rows.map(({ task, model, seed, role }) =>
    `${task.name} ${model.name} ${seed} ${role}`
  );
  assert.deepEqual(names, [
    "listops mega 1 final",
    "listops transformer 1 final",
    "text mega 1 final",
    "listops mega 2 final",
  ]);
  assert.deepEqual(mergeCells(cells.toReversed()).result, result);
  assert.equal(result.suite, "lra");
  assert.equal(result.finishedAt, "2026-01-31T12:12:30Z");
  assert.deepEqual([result.warnings, incomplete, choices], [[], [], []]);
  assert.equal(result.aggregate.find(({ model }) => model === "mega")?.n, 2);
});

Deno.test("two copies of a cell may differ in timings, not in numbers", () => {
  const slow = b();
  assert.ok(slow.done);
  const wallSeconds = { ...slow.done.row.wallSeconds, train: 1e4 };
  assert.equal(mergeCells([a(), b({ row: { wallSeconds } })]).result.rows.length, 1);
  const metrics = slow.done.row.metrics.map((metric) => ({ ...metric, value: 0.1 }));
  assert.equal(
    between(a(), b({ row: { metrics } })),
    "two copies of a cell have other numbers (metrics): A and B: leave one out",
  );
  const translations = [{
    split: "test" as const,
    file: "translations-test.json",
    sha256: sha256Hex("x"),
    sentences: 1,
  }];
  assert.match(between(a({ row: { translations } }), b()), /other numbers \(translations\)/);
});

Deno.test("cells that are alike but for their data, configuration or sources are refused", () => {
  const { identity: { task } } = a();
  const other = { ...task, data: { ...task.data, test: sha256Hex("other") } };
  assert.equal(
    between(a(), b({ seed: 2, identity: { task: other } })),
    "listops has other data in A than in B: merge them into results of their own",
  );
  assert.equal(
    between(
      a(),
      b({ seed: 2, identity: { model: { name: "mega", configuration: { depth: 9 } } } }),
    ),
    "listops mega has another configuration in A than in B: merge them into results of their own",
  );
  assert.equal(
    between(a(), b({ identity: { code: sha256Hex("other sources") } })),
    "listops mega seed 1 was measured with other sources in A than in B: leave one out",
  );
});

Deno.test("cells of several adapters, suites, profiles or directions are refused", () => {
  assert.equal(
    between(a(), b({ task: "text", identity: { adapter: { device: "H100", driver: "575" } } })),
    "cells of several adapters: llvmpipe, Mesa in A, H100, 575 in B: merge them into results of " +
      "their own",
  );
  const cells = [
    a(),
    b({ identity: { suite: "overview" } }),
    b({ identity: { profile: "small" } }),
  ];
  assert.equal(
    between(cells[0], cells[1]),
    "cells of several suites: lra in A, overview in B: choose with --suite",
  );
  assert.equal(
    between(cells[0], cells[2]),
    "cells of several profiles: quick in A, small in B: choose with --profile",
  );
  const { result } = mergeCells(cells, [], { suite: "lra", profile: "quick" });
  assert.equal(result.rows.length, 1);
  const { identity: { task } } = a();
  assert.match(
    between(
      a({ identity: { task: { ...task, direction: "en-de" } } }),
      b({ identity: { task: { ...task, direction: "de-en" } } }),
    ),
    /^listops in several directions: en-de in A, de-en in B: choose with --direction$/,
  );
});

Deno.test("filters choose tasks, models and seeds", () => {
  const cells = ["listops", "text"].flatMap((task) =>
    ["mega", "s4"].flatMap((model) => [1, 2, 3].map((seed) => a({ task, model, seed })))
  );
  const rows = (filter: Parameters<typeof mergeCells>[2]) =>
    mergeCells(cells, [], filter).result.rows.length;
  assert.equal(rows({}), 12);
  assert.equal(rows({ tasks: ["text"] }), 6);
  assert.equal(rows({ models: ["s4"], seeds: [1, 3] }), 4);
  assert.throws(
    () => rows({ tasks: ["image"] }),
    /^UserError: no cell is what the options ask for/,
  );
});

Deno.test("runs that are not complete are named, and the result says that it is not whole", () => {
  const open = b({ seed: 2, done: null });
  const { result, incomplete } = mergeCells([a(), open], ["sweep/jobs/7: has no cell yet"]);
  assert.deepEqual(incomplete, [
    `${open.folder}: listops mega seed 2 is not complete`,
    "sweep/jobs/7: has no cell yet",
  ]);
  assert.equal(result.rows.length, 1);
  assert.equal(result.finishedAt, null);
  assert.deepEqual(result.warnings, ["runs left out, since not complete: 2"]);
});

Deno.test("what another cell makes up for, or is of another suite, is not missed", () => {
  const { incomplete, result } = mergeCells([
    a(),
    b({ done: null }),
    b({ done: null, identity: { code: sha256Hex("older sources") } }),
    b({ done: null, seed: 5, identity: { suite: "overview" } }),
  ]);
  assert.deepEqual(incomplete, []);
  assert.notEqual(result.finishedAt, null);
});

Deno.test("a merge of nothing complete is refused", () => {
  assert.equal(
    refusal(a({ done: null }), b({ seed: 2, done: null })),
    "none of 2 runs is complete yet",
  );
});

Deno.test("the setting with the best mean validation score is final, the others are trials", () => {
  const cells = [
    ...[0.7, 0.5].map((validation, i) => a({ peak: 0.001, seed: i + 1, validation })),
    ...[0.6, 0.65].map((validation, i) => a({ peak: 0.004, seed: i + 1, validation })),
    a({ model: "s4", peak: 0.001 }),
  ];
  const { result, choices } = mergeCells(cells);
  assert.deepEqual(choices, [
    "listops mega: learning rate 0.004 is the best of 2 settings by validation " +
    "(accuracy 62.50, mean of seeds 1, 2)",
  ]);
  assert.deepEqual(
    result.rows.map(({ role, model, schedule, seed }) =>
      `${role} ${model.name} ${schedule.configuration.peak} ${seed}`
    ),
    [
      "trial mega 0.001 1",
      "trial mega 0.004 1",
      "trial mega 0.001 2",
      "trial mega 0.004 2",
      "final mega 0.004 1",
      "final s4 0.001 1",
      "final mega 0.004 2",
    ],
  );
  assert.deepEqual(result.warnings, []);
  assert.match(result.rows[4].warnings.join(), /^this is the trial with the chosen setting/);
});

Deno.test("settings are compared on the seeds that all of them have", () => {
  const { choices } = mergeCells([
    a({ peak: 0.001, seed: 1, validation: 0.6 }),
    a({ peak: 0.004, seed: 1, validation: 0.61 }),
    a({ peak: 0.004, seed: 2, validation: 0.1 }),
  ]);
  assert.match(choices.join(), /learning rate 0.004 is the best .* \(accuracy 61.00, seed 1\)/);
  const apart = mergeCells([
    a({ peak: 0.001, seed: 1, validation: 0.6 }),
    a({ peak: 0.004, seed: 2, validation: 0.5 }),
  ]);
  assert.match(apart.choices.join(), /learning rate 0.001 .*; no seed was run with all of them\)$/);
  assert.deepEqual(apart.result.warnings, apart.choices);
});

Deno.test("a lower score is better where the task says so", () => {
  const score = { name: "perplexity", unit: "perplexity", higherIsBetter: false };
  const { choices } = mergeCells([
    a({ peak: 0.001, validation: 12, row: { score } }),
    a({ peak: 0.004, validation: 15, row: { score } }),
  ]);
  assert.match(choices.join(), /learning rate 0.001 is .* \(perplexity 12.00, seed 1\)/);
});

Deno.test("a setting with which a seed diverged is not chosen", () => {
  const diverged = { status: "diverged" as const, reason: "loss is not finite" };
  const { choices } = mergeCells([
    a({ peak: 0.001, validation: 0.4 }),
    a({ peak: 0.001, seed: 2, validation: 0.4 }),
    a({ peak: 0.01, validation: 0.9 }),
    a({ peak: 0.01, seed: 2, row: diverged }),
  ]);
  assert.match(choices.join(), /learning rate 0.001 is the best of 2/);
  const none = mergeCells([
    a({ peak: 0.001, row: diverged }),
    a({ peak: 0.01, row: diverged }),
  ]);
  assert.match(none.choices.join(), /none of 2 settings has a score on validation/);
  assert.deepEqual(none.result.rows.map(({ role }) => role), ["trial", "trial", "final"]);
  assert.deepEqual(none.result.warnings, none.choices);
});

Deno.test("settings that differ in other things than the learning rate are told apart", () => {
  const setting = (batchSize: number) => ({
    identity: { setting: { batchSize, schedule: { peak: 0.001 } } },
    done: { overrides: { batchSize } },
  });
  const { choices, cells, result } = mergeCells([
    a({ ...setting(8), validation: 0.3 }),
    a({ ...setting(16), validation: 0.5 }),
    a({ ...setting(32), validation: 0.4 }),
  ]);
  assert.match(choices.join(), /: batch size 16 is the best of 3 settings/);
  const labels = cells.flatMap(({ role, trial }) => role === "trial" ? [trial] : []);
  assert.equal(new Set(labels).size, 3);
  for (const label of labels) assert.match(label ?? "", /^0.001-[0-9a-f]{8}$/);
  assert.deepEqual(result.overrides, { batchSize: "8,16,32" });
});

Deno.test("departures from the profile are named as bench names them", () => {
  const at = (peak: number, validation: number) =>
    a({ peak, validation, done: { overrides: { learningRate: peak, updates: 7 } } });
  assert.deepEqual(mergeCells([at(0.01, 0.1)]).result.overrides, {
    learningRate: 0.01,
    updates: 7,
  });
  assert.deepEqual(mergeCells([at(0.01, 0.1), at(0.002, 0.2)]).result.overrides, {
    learningRates: "0.002,0.01",
    updates: 7,
  });
});

Deno.test("rows of several commits, sources and machines are said to be that", () => {
  const { done } = a();
  assert.ok(done);
  const commit = "f".repeat(40);
  const { result } = mergeCells([
    a({ done: { warnings: ["hurried"] } }),
    a({
      seed: 2,
      identity: { code: sha256Hex("other sources") },
      done: {
        commits: [commit],
        warnings: ["hurried"],
        environment: { ...done.environment, cpu: { model: "Another CPU", cores: 64 } },
        finishedAt: "2026-01-30T12:12:30Z",
      },
    }),
  ]);
  assert.deepEqual(result.warnings, [
    "hurried",
    `rows measured at commit ${commit}: 1`,
    "the rows were measured with 2 versions of the sources",
    "the rows were measured on 2 machines or versions of Deno, of which the environment is the " +
    "last one: speeds need not compare",
  ]);
  assert.equal(result.environment.cpu.model, "Example CPU");
});
