import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../../errors.ts";
import { rejectsInOneLine, withFolder } from "../../data_test_folder.ts";
import { writeLines } from "./line_files.ts";
import { type StepKey, StepStore, verifySteps } from "./step_store.ts";

const KEY: StepKey = { name: "one", version: 1, options: { a: 1 }, inputs: { text: "0" } };

/** A store and a step whose files hold how often it was made. */
async function withSteps(
  body: (run: (key?: StepKey) => Promise<string>, folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    let made = 0;
    await body(async (key = KEY) => {
      using store = await StepStore.open(folder, () => {});
      const step = await store.run(key, (into) => {
        const facts = writeLines(join(into, "file"), [String(++made)]);
        return Promise.resolve({ file: facts });
      });
      return (await Deno.readTextFile(step.path("file"))).trim();
    }, folder);
  });
}

const namesIn = (folder: string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name !== ".lock").sort();

Deno.test("a step is made once, and again when anything that it depends on changes", async () => {
  await withSteps(async (run, folder) => {
    assert.equal(await run(), "1");
    assert.equal(await run(), "1");
    assert.equal(await run({ ...KEY, options: { a: 2 } }), "2");
    assert.equal(await run({ ...KEY, inputs: { text: "1" } }), "3");
    assert.equal(await run({ ...KEY, version: 2 }), "4");
    assert.equal(await run({ ...KEY, name: "two" }), "5");
    assert.equal(await run({ ...KEY, version: 2 }), "4");
    assert.deepEqual(namesIn(folder), ["one", "two"]);
  });
});

Deno.test("a step that lost a part of its files is made again", async () => {
  await withSteps(async (run, folder) => {
    await run();
    await Deno.truncate(join(folder, "one/file"), 1);
    assert.equal(await run(), "2");
    await Deno.writeTextFile(join(folder, "one/step.json"), "{");
    assert.equal(await run(), "3");
  });
});

Deno.test("a step with a changed byte is made again", async () => {
  await withSteps(async (run, folder) => {
    await run();
    await Deno.writeTextFile(join(folder, "one/file"), "9\n");
    assert.equal(await run(), "2");
  });
});

Deno.test("a step that fails leaves nothing, and what a killed process left is removed", async () => {
  await withFolder(async (folder) => {
    const store = await StepStore.open(folder, () => {});
    const failing = store.run(KEY, (into) => {
      writeLines(join(into, "file"), ["half"]);
      throw new UserError("bad line");
    });
    await rejectsInOneLine(failing, /^bad line$/);
    assert.deepEqual(namesIn(folder), []);
    await Deno.mkdir(join(folder, "one.tmp"));
    store[Symbol.dispose]();
    using _again = await StepStore.open(folder, () => {});
    assert.deepEqual(namesIn(folder), []);
  });
});

Deno.test("a second process waits for the first", async () => {
  await withFolder(async (folder) => {
    const order: string[] = [];
    const first = await StepStore.open(folder, () => {});
    const second = StepStore.open(folder, () => {}).then((store) => {
      order.push("second");
      store[Symbol.dispose]();
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    order.push("first");
    first[Symbol.dispose]();
    await second;
    assert.deepEqual(order, ["first", "second"]);
  });
});

Deno.test("changed files are found when steps are verified", async () => {
  await withSteps(async (run, folder) => {
    await run();
    assert.equal(await verifySteps(folder), 1);
    await Deno.writeTextFile(join(folder, "one/file"), "9\n");
    await rejectsInOneLine(verifySteps(folder), /one\/file: does not match its checksum/);
    assert.equal(await verifySteps(join(folder, "none")), 0);
  });
});
