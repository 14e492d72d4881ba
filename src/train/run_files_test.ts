import assert from "node:assert/strict";
import { join } from "node:path";
import { rejectsInOneLine, withFolder } from "../data/data_test_folder.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { type FakeRun, fakeRun, filesOf, foundBy } from "./run_testing.ts";

const averaged: FakeRun = { settings: { averagedModels: 2 } };

/** What may have happened to a model that the checkpoint refers to. */
const mishaps: Readonly<Record<string, (path: string, folder: string) => Promise<void>>> = {
  "missing, but the checkpoint": (path) => Deno.remove(path),
  "damaged": async (path) => {
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 1] ^= 1;
    await Deno.writeFile(path, bytes);
  },
  "not the model of update": (path, folder) => Deno.copyFile(join(folder, "foreign"), path),
};

/** The model of update 14 of a run with other batches. */
async function foreignModel(folder: string): Promise<Uint8Array> {
  await fakeRun({ ...averaged, settings: { seed: 4, ...averaged.settings }, context: { folder } });
  return await Deno.readFile(join(folder, "recent-14.safetensors"));
}

for (const [kind, run] of Object.entries({ best: {}, recent: averaged })) {
  for (const [message, mishap] of Object.entries(mishaps)) {
    Deno.test(`a ${kind} model is ${message.split(",")[0]}: an error at the end and on resuming, no other score`, () =>
      withFolder(async (folder) => {
        await Deno.writeFile(join(folder, "foreign"), await withFolder(foreignModel));
        let path = "";
        const whole = await fakeRun({ ...run, context: { folder } });
        const { best, recent } = whole.progress;
        path = join(folder, `${kind}-${kind === "best" ? best?.step : recent[0].step}.safetensors`);
        const content = await Deno.readFile(path);
        await mishap(path, folder);
        const before = await filesOf(folder);
        const error = new RegExp(`${kind}-\\d+\\.safetensors: ${message}.*${intact}$`);
        await rejectsInOneLine(fakeRun({ ...run, context: { folder } }), error);
        assert.deepEqual(await filesOf(folder), before);
        await Deno.writeFile(path, content);
        assert.deepEqual(foundBy(await fakeRun({ ...run, context: { folder } })), foundBy(whole));

        const onCheckpoint = async ({ update }: { readonly update: number }) => {
          if (update === 14) await mishap(path, folder);
        };
        const anew = { folder, resume: false, onCheckpoint };
        await rejectsInOneLine(fakeRun({ ...run, context: anew }), error);
        await Deno.writeFile(path, content);
        assert.deepEqual(foundBy(await fakeRun({ ...run, context: { folder } })), foundBy(whole));
      }));
  }
}

const intact = "the other files of the run are as they were";

Deno.test("the checkpoint itself is not taken for the best model", () =>
  withFolder(async (folder) => {
    const { progress } = await fakeRun({ context: { folder } });
    const path = join(folder, `best-${progress.best?.step}.safetensors`);
    await Deno.copyFile(join(folder, "last.safetensors"), path);
    await rejectsInOneLine(
      fakeRun({ context: { folder } }),
      /best-\d+\.safetensors: not the model/,
    );
  }));

Deno.test("a checkpoint whose progress cannot be is refused, though its digest is right", () =>
  withFolder(async (folder) => {
    await fakeRun({ context: { folder } });
    const path = join(folder, "last.safetensors");
    const saved = await loadCheckpoint(path, "a run");
    assert.ok(saved);
    const { state, progress } = saved;
    await saveCheckpoint(path, state, { ...progress, update: 1_000_000 });
    const before = await filesOf(folder);
    await rejectsInOneLine(
      fakeRun({ context: { folder } }),
      /last\.safetensors: its progress does not fit .* \(update 1000000 of 14\); the other files/,
    );
    assert.deepEqual(await filesOf(folder), before);
  }));

Deno.test("a checkpoint of another model is refused in one line", () =>
  withFolder(async (folder) => {
    await fakeRun({ context: { folder } });
    const path = join(folder, "last.safetensors");
    const saved = await loadCheckpoint(path, "a run");
    assert.ok(saved);
    const parameters = new Map([["w", new Float32Array(3)]]);
    await saveCheckpoint(path, { ...saved.state, parameters }, saved.progress);
    await rejectsInOneLine(
      fakeRun({ context: { folder } }),
      /last\.safetensors: holds another model \(w is not of 4 elements\); the other files/,
    );
  }));

Deno.test("what killed attempts left is removed once a checkpoint that needs none of it is written", () =>
  withFolder(async (folder) => {
    const seen: [number, boolean][] = [];
    const left = join(folder, "recent-3.safetensors");
    await Deno.writeTextFile(left, "left over");
    const onCheckpoint = async ({ update }: { readonly update: number }) => {
      seen.push([update, (await filesOf(folder)).has("recent-3.safetensors")]);
    };
    await fakeRun({ ...averaged, context: { folder, onCheckpoint } });
    assert.deepEqual(seen, [[5, true], [10, false], [14, false]]);
  }));

Deno.test("a run that may not write any more ends, and changes no file", () =>
  withFolder(async (folder) => {
    const taken = new Error("another process has the run");
    for (const [last, settings] of [[11, {}], [13, { evaluateEvery: 13 }]] as const) {
      let before: Awaited<ReturnType<typeof filesOf>> | undefined;
      let done = 0;
      const mayWrite = async () => {
        if (done < last) return;
        before ??= await filesOf(folder);
        throw taken;
      };
      const run = fakeRun({
        settings,
        context: { folder, resume: false, mayWrite },
        onEvent(event) {
          if (event.startsWith("update ")) done = Number(event.slice("update ".length));
        },
      });
      await assert.rejects(run, taken);
      assert.deepEqual(await filesOf(folder), before);
    }
  }));

Deno.test("a run that does not resume replaces what an earlier one left", () =>
  withFolder(async (folder) => {
    await fakeRun({ settings: { seed: 4 }, context: { folder, identity: "another" } });
    const anew = await fakeRun({ context: { folder, resume: false } });
    assert.deepEqual(foundBy(anew), foundBy(await fakeRun()));
    assert.deepEqual(foundBy(await fakeRun({ context: { folder } })), foundBy(anew));
  }));

Deno.test("a model that is missing is noticed when a run is continued, before its first update", () =>
  withFolder(async (folder) => {
    const controller = new AbortController();
    const { progress } = await fakeRun({
      context: { folder, signal: controller.signal },
      onEvent: (event) => event === "update 9" && controller.abort(),
    });
    const name = `best-${progress.best?.step}.safetensors`;
    await Deno.rename(join(folder, name), join(folder, "elsewhere"));
    let events = 0;
    const resumed = fakeRun({ context: { folder }, onEvent: () => void events++ });
    await rejectsInOneLine(resumed, new RegExp(`${name}: missing`));
    assert.equal(events, 0);
    await Deno.rename(join(folder, "elsewhere"), join(folder, name));
    assert.deepEqual(foundBy(await fakeRun({ context: { folder } })), foundBy(await fakeRun()));
  }));

Deno.test("of many evaluations between checkpoints only the models that are needed stay", () =>
  withFolder(async (folder) => {
    const counts = new Set<number>();
    await fakeRun({
      settings: { evaluateEvery: 1, checkpointEvery: 7, averagedModels: 2 },
      context: { folder },
      onEvent(event) {
        if (event !== "evaluate") counts.add([...Deno.readDirSync(folder)].length);
      },
    });
    // A checkpoint, and of both it and the present two recent models and a best one.
    assert.equal(Math.max(...counts), 7);
  }));
