import assert from "node:assert/strict";
import { UserError } from "../errors.ts";
import {
  expandJobs,
  gridOf,
  jobArguments,
  maxJobs,
  parseSetting,
  settingText,
  variedSettings,
} from "./expand.ts";
import { defaultName } from "./plan.ts";
import { setting, testPlan } from "./sweep_testing.ts";

const none = { learningRate: [], batchSize: [], updates: [], average: [] };

Deno.test("a grid has every combination of the listed values, each once", () => {
  assert.deepEqual(gridOf({ ...none, learningRate: [0.01, 0.02, 0.01], batchSize: [16, 32] }), [
    setting({ learningRate: 0.01, batchSize: 16 }),
    setting({ learningRate: 0.01, batchSize: 32 }),
    setting({ learningRate: 0.02, batchSize: 16 }),
    setting({ learningRate: 0.02, batchSize: 32 }),
  ]);
  assert.deepEqual(gridOf(none), [setting()]);
});

Deno.test("seeds change slowest, so that every model and setting gets its first seed early", () => {
  const jobs = expandJobs(testPlan());
  assert.deepEqual(
    jobs.map(({ index, model, seed, setting: { learningRate } }) =>
      `${index} ${model} ${seed} ${learningRate}`
    ),
    [
      "0 mega 1 0.005",
      "1 mega 1 0.01",
      "2 transformer 1 0.005",
      "3 transformer 1 0.01",
      "4 mega 2 0.005",
      "5 mega 2 0.01",
      "6 transformer 2 0.005",
      "7 transformer 2 0.01",
    ],
  );
});

Deno.test("repeated seeds, settings and models make no jobs of their own", () => {
  const { runs, settings } = testPlan();
  const twice = testPlan({
    seeds: [1, 2, 1],
    runs: [...runs, ...runs],
    settings: [...settings, ...settings],
  });
  assert.deepEqual(expandJobs(twice), expandJobs(testPlan()));
});

Deno.test("a sweep of too many jobs is refused before any is made", () => {
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  assert.equal(expandJobs(testPlan({ seeds: numbers(maxJobs / 4) })).length, maxJobs);
  assert.throws(
    () => expandJobs(testPlan({ seeds: numbers(maxJobs / 4 + 1) })),
    new UserError("the sweep would have 100,004 jobs, more than 100,000: shorten a list"),
  );
  const long = numbers(2000);
  assert.throws(() => gridOf({ ...none, batchSize: long, updates: long, average: long }), {
    name: "UserError",
    message: /8,000,000,000 jobs/,
  });
});

Deno.test("the options of a job say exactly one run", () => {
  const plan = testPlan({
    seeds: [7],
    settings: [setting({ learningRate: 1e-7, updates: 500 })],
    carryState: true,
    data: "/my data",
  });
  assert.deepEqual(jobArguments(plan, expandJobs(plan)[1]), [
    ...["--suite", "lm", "--profile", "quick", "--task", "characters", "--model", "transformer"],
    ...["--seeds", "7,", "--learning-rate", "1e-7", "--updates", "500", "--carry-state"],
    ...["--data", "/my data", "--cells", "/cells"],
  ]);
});

Deno.test("a setting is written as names and values", () => {
  assert.deepEqual(
    parseSetting(" learning-rate=1e-2  batch-size=16 "),
    setting({ learningRate: 0.01, batchSize: 16 }),
  );
  const refused = {
    "batch=16": /batch is none of learning-rate, batch-size, updates, average/,
    "updates=1.5": /updates cannot be 1\.5/,
    "updates=": /updates cannot be empty/,
    "learning-rate=-1": /learning-rate cannot be -1/,
    "learning-rate=1e-2 learning-rate=2e-2": /given twice/,
    "constructor=1": /constructor is none of/,
    " ": /says nothing/,
  };
  for (const [text, message] of Object.entries(refused)) {
    assert.throws(() => parseSetting(text), { name: "UserError", message }, text);
  }
});

Deno.test("a setting is told by what varies", () => {
  const settings = [
    setting({ learningRate: 0.01, updates: 5 }),
    setting({ learningRate: 0.02, updates: 5 }),
  ];
  assert.deepEqual(variedSettings({ settings }), ["learningRate"]);
  assert.equal(settingText(settings[0]), "learning-rate 0.01, updates 5");
  assert.equal(settingText(settings[0], ["learningRate"]), "learning-rate 0.01");
  assert.equal(settingText(setting()), "the profile's");
});

Deno.test("a sweep without a name is named by what it runs", () => {
  const name = defaultName(testPlan());
  assert.match(name, /^lm-quick-[0-9a-f]{10}$/);
  assert.notEqual(defaultName(testPlan({ seeds: [1] })), name);
  assert.notEqual(defaultName(testPlan({ code: "1".repeat(64) })), name);
});
