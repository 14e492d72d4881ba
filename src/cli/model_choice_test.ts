import assert from "node:assert/strict";
import { join } from "node:path";
import { rejectsInOneLine, withFolder } from "../data/data_test_folder.ts";
import { fixtureLanguageRow, fixtureResult, fixtureRow } from "../results/result_fixture.ts";
import type { ResultRow } from "../results/schema_row.ts";
import { writeResult } from "../results/store.ts";
import { modelFileName } from "../train/models_folder.ts";
import { findModel } from "./model_choice.ts";

const kind = "language-modelling";

const rows: ResultRow[] = [
  fixtureLanguageRow({ model: "mega", role: "trial", score: 1 }),
  fixtureLanguageRow({ model: "mega", seed: 1, score: 95 }),
  fixtureLanguageRow({ model: "mega", seed: 2, score: 90 }),
  fixtureLanguageRow({ model: "mega", seed: 3, score: 90 }),
  fixtureLanguageRow({ model: "s4", seed: 4, score: 110 }),
  {
    ...fixtureLanguageRow({ model: "transformer", seed: 5, score: 2 }),
    status: "diverged",
    reason: "the loss is not finite",
  },
  fixtureLanguageRow({ task: "characters", model: "mega", seed: 6, score: 2.1 }),
  fixtureLanguageRow({ task: "characters", model: "mega-chunk", seed: 7, score: 2.2 }),
];

/** A result with the models of its final rows, which are empty files here. */
function withResult(
  rows: readonly ResultRow[],
  body: (run: string, models: string) => Promise<void>,
): Promise<void> {
  return withFolder(async (folder) => {
    const run = join(folder, "result.json");
    const models = join(folder, "result.models");
    await writeResult(run, { ...fixtureResult([...rows]), suite: "lm" });
    await Deno.mkdir(models);
    for (const { task, model, seed } of rows.filter(({ role }) => role === "final")) {
      await Deno.writeFile(
        join(models, modelFileName(task.name, model.name, seed)),
        Uint8Array.of(),
      );
    }
    await body(run, models);
  });
}

Deno.test("the best model of the first task is meant, the first of equals, never a trial or a failure", () =>
  withResult(rows, async (run, models) => {
    assert.equal(await findModel(run, { kind }), join(models, "words-mega-seed2.safetensors"));
  }));

Deno.test("task and model narrow the choice down", () =>
  withResult(rows, async (run, models) => {
    const file = (name: string) => join(models, `${name}.safetensors`);
    assert.equal(await findModel(run, { kind, task: "characters" }), file("characters-mega-seed6"));
    assert.equal(await findModel(run, { kind, model: "s4" }), file("words-s4-seed4"));
    assert.equal(
      await findModel(run, { kind, model: "mega-chunk" }),
      file("characters-mega-chunk-seed7"),
    );
    assert.equal(
      await findModel(run, { kind, task: "words", model: "mega" }),
      file("words-mega-seed2"),
    );
  }));

Deno.test("what is not there is refused in one line that says what is", () =>
  withResult(rows, async (run, models) => {
    const known =
      /no such model; there are words mega, words s4, characters mega, characters mega-chunk$/;
    await rejectsInOneLine(findModel(run, { kind, model: "lstm" }), known);
    await rejectsInOneLine(findModel(run, { kind, task: "characters", model: "s4" }), known);
    await rejectsInOneLine(findModel(run, { kind, model: "transformer" }), known);
    await Deno.remove(join(models, "words-s4-seed4.safetensors"));
    await rejectsInOneLine(
      findModel(run, { kind, model: "s4" }),
      /words-s4-seed4.safetensors: missing: /,
    );
    await rejectsInOneLine(findModel(`${run}.json`, { kind }), /result.json.json/);
  }));

Deno.test("a result without a language model is refused", () =>
  withResult([fixtureRow(), rows[0], rows[5]], async (run) => {
    await rejectsInOneLine(
      findModel(run, { kind }),
      /no language model was trained to its end: run deno task bench/,
    );
  }));

Deno.test("another file than a result is taken for a model", async () => {
  assert.equal(
    await findModel("models/a.safetensors", { kind, model: "s4" }),
    "models/a.safetensors",
  );
});
