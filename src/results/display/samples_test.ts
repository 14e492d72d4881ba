import assert from "node:assert/strict";
import { fixtureLanguageRow } from "../result_fixture.ts";
import { samplesText } from "./samples.ts";

Deno.test("samples of the first seed are shown, wrapped, and trials are not", () => {
  const row = fixtureLanguageRow({ task: "characters", seed: 1 });
  const text = samplesText([
    { ...row, sample: "one two three four five six seven\nnine" },
    { ...row, role: "trial", sample: "a trial" },
    { ...row, seed: 2, sample: "another seed" },
  ], 24);
  assert.equal(
    text,
    [
      "Samples (seed 1, temperature 0.8)",
      "  Characters · Mega",
      "    one two three four",
      "    five six seven",
      "    nine",
    ].join("\n"),
  );
});

Deno.test("rows without samples show nothing", () => {
  assert.equal(
    samplesText([{ ...fixtureLanguageRow({ task: "characters", seed: 1 }), sample: null }], 80),
    "",
  );
});
