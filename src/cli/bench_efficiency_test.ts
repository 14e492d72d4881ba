import assert from "node:assert/strict";
import { UserError } from "../errors.ts";
import { efficiencyModels } from "../models/efficiency_presets.ts";
import { type EfficiencyOptions, efficiencyPlan } from "./bench_efficiency.ts";

const options: EfficiencyOptions = { profile: "quick", seeds: [1] };

Deno.test("the plan has the default models, or those that are named, each once", () => {
  const plan = efficiencyPlan(options);
  assert.deepEqual(plan.models, [...efficiencyModels]);
  const model = ["s4d-lin", "transformer", "s4d-lin"];
  const chosen = efficiencyPlan({ ...options, model, batchSize: 3, seeds: [4, 5] });
  assert.deepEqual(chosen.models, ["s4d-lin", "transformer"]);
  assert.equal(chosen.batchSize, 3);
  assert.deepEqual(chosen.seeds, [4, 5]);
});

Deno.test("unknown models and options without a meaning are refused in one line", () => {
  const wrong: [Partial<EfficiencyOptions>, RegExp][] = [
    [{ model: ["gpt"] }, /no model is called gpt; there are transformer,/],
    [{ task: ["text"] }, /^--task: .*leave it out$/],
    [{ updates: 3 }, /^--updates: /],
    [{ data: "folder" }, /^--data: /],
    [{ learningRate: 0.01 }, /^--learning-rate: /],
    [{ learningRates: [0.01] }, /^--learning-rates: /],
    [{ carryState: true }, /^--carry-state: /],
    [{ resume: true }, /^--resume: /],
  ];
  for (const [change, message] of wrong) {
    assert.throws(() => efficiencyPlan({ ...options, ...change }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, message);
      return !error.message.includes("\n");
    });
  }
});
