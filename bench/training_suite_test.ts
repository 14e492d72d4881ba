import assert from "node:assert/strict";
import { withFolder } from "../src/data/data_test_folder.ts";
import { UserError } from "../src/errors.ts";
import { lraSuite } from "./lra.ts";
import { runSuite, specOf, type SuiteChanges } from "./suite_testing.ts";

/** Two updates of tiny models, without any data folder. */
async function run(
  tasks: readonly string[],
  models: readonly string[],
  changes: Partial<SuiteChanges>,
) {
  const specs = lraSuite.specs.filter(({ task, model }) =>
    tasks.includes(task) && models.includes(model)
  );
  const { result, messages } = await withFolder((folder) =>
    runSuite(folder, { suite: "lra", specs, ...changes })
  );
  return { ...result, messages };
}

Deno.test("a suite goes on without tasks whose data is missing, and says so", async () => {
  const { rows, warnings, finishedAt, messages } = await run(["listops", "text"], ["s4d-legs"], {
    leaveOut: true,
  });
  assert.deepEqual(rows.map(({ task, status }) => [task.name, status]), [["listops", "completed"]]);
  assert.ok(warnings.includes("text was left out: its data is missing"));
  assert.ok(messages.some((line) => /^text is left out: text: no data folder is given/.test(line)));
  assert.notEqual(finishedAt, null);
  assert.match(messages.at(-1) ?? "", /^1\/1 listops s4d-legs seed 1: test accuracy .* % in /);
});

Deno.test("compiling ahead changes nothing but the time", async () => {
  const models = ["s4d-legs", "s4d-lin"];
  const alone = await run(["listops"], models, {});
  const ahead = await run(["listops"], models, { compileAhead: true });
  const curves = ({ rows }: typeof alone) => rows.map(({ model, curve }) => [model.name, curve]);
  assert.deepEqual(curves(ahead), curves(alone));
  assert.ok(ahead.messages.every((line) => !line.includes("compiled ahead")));
});

Deno.test("a task that was asked for, or a suite without any data, is an error", async () => {
  await assert.rejects(run(["listops", "text"], ["s4d-legs"], {}), UserError);
  await assert.rejects(
    run(["text", "image"], ["s4d-legs"], { leaveOut: true }),
    /^UserError: no task of the suite has data; text: /,
  );
});

Deno.test("all models train with the schedule of one when asked to", async () => {
  const { rows, overrides } = await run(["listops"], ["transformer"], {
    scheduleOf: {
      model: "s4",
      specOf: (task) => specOf(lraSuite.specs, task, "s4"),
    },
  });
  assert.deepEqual(overrides, { updates: 2, scheduleOf: "s4" });
  assert.equal(rows[0].schedule.name, "cosine");
});
