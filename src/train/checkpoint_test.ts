import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_ROOT } from "../cli/paths.ts";
import { rejectsInOneLine, withFolder } from "../data/data_test_folder.ts";
import { sealTensors } from "../util/sealed_tensors.ts";
import { makeLink } from "../util/link_testing.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { loadModel } from "./model_file.ts";
import { firstProgress, type RunProgress } from "./progress.ts";
import type { SessionState } from "./session_state.ts";

const one = (name: string, ...values: number[]) => new Map([[name, Float32Array.from(values)]]);

const state: SessionState = {
  parameters: one("head.weight", 1, 2, 3),
  first: one("head.weight", 4, 5, 6),
  second: one("head.weight", 7, 8, 9),
  states: one("norm.mean", 0.5),
  carried: one("layers.0.move.state", -1, NaN),
};

const progress: RunProgress = {
  ...firstProgress("a run", 1),
  update: 201,
  best: { step: 100, score: 0.5, sha256: "a".repeat(64) },
  window: {
    metrics: [{ lossSum: NaN, gradientNorm: Infinity, metrics: { correct: -Infinity } }],
    units: { sentences: 3, tokens: 5 },
    positions: 8,
    milliseconds: 0.25,
  },
};

const withCheckpoint = (body: (path: string, folder: string) => Promise<void>) =>
  withFolder(async (folder) => {
    const path = join(folder, "last.safetensors");
    await saveCheckpoint(path, state, progress);
    await body(path, folder);
  });

Deno.test("a checkpoint is read as it was written, numbers that are not finite too", () =>
  withCheckpoint(async (path) => {
    assert.deepEqual(await loadCheckpoint(path, "a run"), { state, progress });
    assert.equal(await loadCheckpoint(`${path}.none`, "a run"), undefined);
  }));

Deno.test("a byte flipped or cut anywhere in a checkpoint is an error and deletes nothing", () =>
  withCheckpoint(async (path, folder) => {
    const other = join(folder, "best-100.safetensors");
    await Deno.writeTextFile(other, "the best");
    const bytes = await Deno.readFile(path);
    const text = new TextDecoder("latin1").decode(bytes);
    const places = {
      "length of the header": 0,
      "digest": text.indexOf('"sha256":"') + 12,
      "update": text.indexOf('update\\":201') + 9,
      "score of the best": text.indexOf("0.5"),
      "name of a tensor": text.indexOf("norm.mean"),
      "shape": text.indexOf('"shape":[3]') + 9,
      "space after the header": text.lastIndexOf("}") + 1,
      "first value": bytes.length - 4 * 12,
      "last value": bytes.length - 1,
    };
    for (const [what, at] of Object.entries(places)) {
      assert.ok(at >= 0 && at < bytes.length, what);
      const changed = bytes.slice();
      changed[at] ^= 1;
      await Deno.writeFile(path, changed);
      await rejectsInOneLine(
        loadCheckpoint(path, "a run"),
        /last\.safetensors: damaged \(its digest does not match\); the other files of the run are/,
      );
      assert.deepEqual(await Deno.readFile(path), changed, what);
    }
    for (const length of [0, 7, 60, 300, bytes.length - 1]) {
      await Deno.writeFile(path, bytes.subarray(0, length));
      await rejectsInOneLine(loadCheckpoint(path, "a run"), /last\.safetensors: damaged/);
    }
    assert.equal(await Deno.readTextFile(other), "the best");
  }));

Deno.test("a checkpoint of another run is refused, and nothing is to be deleted", () =>
  withCheckpoint((path) =>
    rejectsInOneLine(
      loadCheckpoint(path, "another"),
      /: belongs to a run with other settings or data; the other files of the run are as they were$/,
    )
  ));

Deno.test("checkpoints of earlier versions are refused in one line, not called damaged", async () => {
  for (const version of [1, 2]) {
    const name = `fixtures/checkpoints/checkpoint-${version}.safetensors`;
    await rejectsInOneLine(
      loadCheckpoint(join(PROJECT_ROOT, name), "a-run"),
      /: written by an earlier version of the program, which this one does not continue/,
    );
  }
});

Deno.test("a sealed file whose record is none of this version is refused", () =>
  withCheckpoint(async (path) => {
    const future = { ...progress, format: "mega-webgpu/checkpoint-9" };
    for (const metadata of [{}, { progress: "{" }, { progress: JSON.stringify(future) }]) {
      await Deno.writeFile(path, sealTensors({ metadata, tensors: new Map() }).bytes);
      await rejectsInOneLine(loadCheckpoint(path, "a run"), /progress record has another form/);
    }
  }));

Deno.test("a pipe or a device in the place of a checkpoint or a model is one line", () =>
  withFolder(async (folder) => {
    const pipe = join(folder, "pipe");
    assert.ok((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
    const zero = join(folder, "zero");
    await makeLink("/dev/zero", zero);
    for (const path of [pipe, zero]) {
      const message = /: is a device or a pipe, expected a file$/;
      await rejectsInOneLine(loadCheckpoint(path, "a run"), message);
      await rejectsInOneLine(loadModel(path), message);
    }
  }));
