import assert from "node:assert/strict";
import { overviewSuite } from "../../bench/overview.ts";
import { UserError } from "../errors.ts";
import { checkChoice, suiteFor, suiteNames, suiteOf, trainingSuites } from "./suites.ts";

Deno.test("a command line means the suite that has its tasks and models", () => {
  const cases: [string, string[] | undefined, string[] | undefined][] = [
    ["overview", undefined, undefined],
    ["lra", ["listops"], undefined],
    ["lra", undefined, ["mega"]],
    ["lra", ["text", "listops"], ["mega", "s4"]],
    ["lm", ["characters"], undefined],
    ["lm", ["characters"], ["mega"]],
    ["translation", ["numbers"], undefined],
    ["translation", ["multi30k"], ["transformer"]],
    ["translation", undefined, ["mega-laplace"]],
    ["overview", ["listops", "numbers"], undefined],
    ["overview", ["characters", "numbers"], ["mega"]],
    // The suite of the tasks, which then says which models it has.
    ["translation", ["numbers"], ["s4"]],
    ["lm", ["characters"], ["no such model"]],
    ["overview", ["listops", "numbers"], ["s4"]],
    ["lra", ["no such task"], undefined],
    ["lra", undefined, ["no such model"]],
  ];
  for (const [name, tasks, models] of cases) {
    assert.equal(suiteFor(tasks, models).name, name, `${tasks} ${models}`);
  }
});

Deno.test("suites have names of their own, and an unknown one is refused with all of them", () => {
  for (const suite of trainingSuites) assert.equal(suiteOf(suite.name), suite);
  assert.equal(new Set(suiteNames).size, suiteNames.length);
  assert.throws(
    () => suiteOf("mt"),
    (error) =>
      error instanceof UserError &&
      error.message === `no suite is called mt; there are ${suiteNames.join(", ")}`,
  );
});

Deno.test("what suites run by default is there, each task and model once", () => {
  for (const { specs, models, tasks, name } of trainingSuites) {
    const cells = specs.map(({ task, model }) => `${task} ${model}`);
    assert.equal(new Set(cells).size, cells.length, name);
    for (const task of tasks) assert.ok(specs.some((spec) => spec.task === task), task);
    for (const model of models) assert.ok(specs.some((spec) => spec.model === model), model);
  }
});

Deno.test("the overview has a task of each family, with a Mega and the Transformer", () => {
  const { specs, tasks } = overviewSuite;
  const suites = tasks.map((task) => {
    const models = specs.filter((spec) => spec.task === task).map(({ model }) => model);
    assert.equal(models.length, 2, task);
    assert.match(models[0], /^mega(-laplace)?$/);
    assert.equal(models[1], "transformer");
    return suiteFor([task], models).name;
  });
  assert.deepEqual(suites, ["lra", "lm", "translation"]);
  assert.equal(specs.length, 2 * tasks.length);
});

Deno.test("a task that no chosen model has, or a model that was named, is refused instead of left out", () => {
  checkChoice(overviewSuite, ["listops", "numbers"], ["mega", "mega-laplace"]);
  assert.throws(
    () => checkChoice(overviewSuite, ["characters", "numbers"], ["mega"]),
    /^UserError: overview has no mega for numbers, but mega-laplace, transformer$/,
  );
  const models = ["mega", "mega-laplace"];
  checkChoice(overviewSuite, ["listops"], models);
  assert.throws(
    () => checkChoice(overviewSuite, ["listops"], models, models),
    /^UserError: overview has no mega-laplace for listops$/,
  );
});
