import assert from "node:assert/strict";
import { UserError } from "../errors.ts";
import {
  fixtureKernelRow,
  fixtureLanguage,
  fixtureLanguageRow,
  fixtureResult,
  fixtureRow,
} from "./result_fixture.ts";
import type { Result } from "./schema.ts";
import type { ResultRow } from "./schema_row.ts";
import { parseResult, readResult } from "./store.ts";

function refusal(result: Result): string {
  try {
    parseResult(JSON.stringify(result), "r.json");
  } catch (error) {
    assert.ok(error instanceof UserError && !error.message.includes("\n"));
    return error.message;
  }
  return "accepted";
}

/** The refusal of a result of one row that was changed. */
function withRow(change: (row: ResultRow) => void, row = fixtureRow()): string {
  change(row);
  return refusal({ ...fixtureResult([]), rows: [row] });
}

const impossible: readonly [what: string, refused: string, field: RegExp][] = [
  [
    "an accuracy of 2.5",
    withRow(({ metrics: [metric] }) => metric.value = 2.5),
    /field rows\[0\]\.metrics\[0\]\.value: 2\.5 is outside the range of accuracy \(fraction\): from 0 to 1/,
  ],
  [
    "an accuracy of -5",
    withRow(({ metrics: [metric] }) => metric.value = -5),
    /metrics\[0\]\.value: -5 is outside/,
  ],
  [
    "a BLEU of 300",
    withRow(({ metrics: [metric] }) => Object.assign(metric, { unit: "bleu", value: 300 })),
    /metrics\[0\]\.value: 300 is outside .* from 0 to 100/,
  ],
  [
    "a perplexity of 0.5",
    withRow(({ metrics: [metric] }) => metric.value = 0.5, fixtureLanguageRow()),
    /metrics\[0\]\.value: 0\.5 is outside .* at least 1/,
  ],
  [
    "a negative loss",
    withRow(({ metrics: [, metric] }) => metric.value = -0.2, fixtureLanguageRow()),
    /metrics\[1\]\.value: -0\.2 is outside .* at least 0/,
  ],
  [
    "a negative loss on the way",
    withRow(({ curve }) => curve[1].loss = -3),
    /curve\[1\]\.loss: -3 is outside/,
  ],
  [
    "an accuracy of 40 on the way",
    withRow(({ validationCurve }) => validationCurve[0].score = 40),
    /validationCurve\[0\]\.score: 40 is outside/,
  ],
  [
    "an interval beyond 1",
    withRow(({ metrics: [metric] }) => {
      if (metric.interval !== null) metric.interval.high = 1.2;
    }),
    /metrics\[0\]\.interval\.high: 1\.2 is outside/,
  ],
  [
    "a value over no examples",
    withRow(({ metrics: [metric] }) => metric.n = 0),
    /metrics\[0\]\.n: 0, so that accuracy cannot be 0\.48/,
  ],
  [
    "a metric twice",
    withRow(({ metrics }) => metrics.push(metrics[0])),
    /metrics\[1\]: repeats metrics\[0\] \(test accuracy\)/,
  ],
  [
    "more updates than asked for",
    withRow((row) => row.updatesDone = 1201),
    /updatesDone: 1201 of 1200 updates/,
  ],
  [
    "a curve that goes back",
    withRow(({ curve }) => curve.reverse()),
    /curve\[1\]\.step: 0 does not come after 100/,
  ],
  [
    "a curve that stands still",
    withRow(({ validationCurve }) => validationCurve.push(validationCurve[0])),
    /validationCurve\[1\]\.step: 100 does not come after 100/,
  ],
];

Deno.test("numbers that cannot be true are refused with the name of the field", () => {
  for (const [what, refused, field] of impossible) assert.match(refused, field, what);
});

Deno.test("what rounding, other units and measurements of speed may do is accepted", () => {
  const close = withRow(({ curve }) => curve[1].loss = -1e-6);
  const signed = withRow(({ metrics: [metric] }) =>
    Object.assign(metric, { name: "source-dependence", unit: "nats", value: -0.3, interval: null })
  );
  const speed = withRow((row) =>
    Object.assign(row, { metrics: [], curve: [], validationCurve: [], updatesDone: 9000 })
  );
  assert.deepEqual([close, signed, speed], ["accepted", "accepted", "accepted"]);
});

Deno.test("the same run twice is refused, not counted as a seed", () => {
  const rows = [
    fixtureRow(),
    fixtureRow({ seed: 2 }),
    fixtureRow({ task: "text" }),
    fixtureRow({ correct: 1 }),
  ];
  assert.match(
    refusal(fixtureResult(rows)),
    /r\.json: field rows\[3\]: repeats rows\[0\] \(listops mega, seed 1\)/,
  );
  const kernels = [fixtureKernelRow(), fixtureKernelRow()];
  assert.match(
    refusal({ ...fixtureResult([]), kernels }),
    /field kernels\[1\]: repeats kernels\[0\] \(matmul\)/,
  );
});

Deno.test("runs that differ in seed, role, setting, version, origin or length are no repetition", () => {
  const changes: ((row: ResultRow) => void)[] = [
    () => {},
    (row) => row.seed = 7,
    (row) => row.role = "trial",
    (row) => row.schedule.configuration = { peak: 0.5 },
    (row) => row.task.version = "2",
    (row) => row.task.origin = "official",
    (row) => row.sequenceLength = 64,
  ];
  const rows = changes.map((change) => {
    const row = fixtureRow();
    change(row);
    return row;
  });
  assert.equal(refusal(fixtureResult(rows)), "accepted");
  assert.equal(refusal(fixtureLanguage()), "accepted");
});

Deno.test("statistics that cannot come from their values are refused", () => {
  const changed = (change: (aggregate: Result["aggregate"][number]) => void) => {
    const result = fixtureResult();
    change(result.aggregate[0]);
    return refusal(result);
  };
  assert.match(changed((one) => one.mean = 3), /aggregate\[0\]\.mean: 3 is outside/);
  assert.match(changed((one) => one.n = 2), /aggregate\[0\]\.n: 2, but 1 runs have a value/);
  assert.match(changed((one) => one.mean = null), /aggregate\[0\]\.mean: null over 1 values/);
});

Deno.test("every committed result passes", async () => {
  const folder = "results/baselines";
  for (const { name } of Deno.readDirSync(folder)) {
    if (name.endsWith(".json")) await readResult(`${folder}/${name}`);
  }
});
