import assert from "node:assert/strict";
import { fixtureLanguage } from "./result_fixture.ts";
import type { ResultRow } from "./schema_row.ts";
import { trialNote } from "./trials.ts";

const [template] = fixtureLanguage().rows;
const row = (peak: number, changes: Partial<ResultRow> = {}): ResultRow => ({
  ...template,
  schedule: { ...template.schedule, configuration: { peak } },
  ...changes,
});

Deno.test("the setting that was chosen counts, whether it is among the trials or not", () => {
  const trials = [row(0.1), row(0.2)];
  assert.match(trialNote(trials, [row(0.2)]) ?? "", /^best of 2 learning rates by validation;/);
  assert.match(trialNote(trials, [row(0.3)]) ?? "", /^best of 3 learning rates by validation;/);
  assert.equal(trialNote([], [row(0.3)]), null);
});

Deno.test("trials of other batch sizes or lengths are settings, not learning rates", () => {
  const trials = [row(0.1), row(0.1, { batchSize: template.batchSize * 2 })];
  assert.match(trialNote(trials, [row(0.2)]) ?? "", /^best of 3 settings by validation;/);
});
