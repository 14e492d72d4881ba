import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { loadModel, type ModelHead, saveModel } from "./model_file.ts";

const head: ModelHead = {
  format: "mega-webgpu/model-1",
  kind: "language-model",
  task: "characters",
  model: "mega",
  seed: 1,
  config: { width: 4 },
  dictionary: "a 3\nb 2\n",
  unit: "character",
};
const values = {
  parameters: new Map([["w", Float32Array.of(1, 2)], ["bias", Float32Array.of(3)]]),
  states: new Map([["mean", Float32Array.of(4)]]),
};

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(join(folder, "model.safetensors"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a model is read as it was written", () =>
  inFolder(async (path) => {
    await saveModel(path, head, values);
    const loaded = await loadModel(path);
    assert.deepEqual(loaded.head, head);
    assert.deepEqual([...loaded.values.parameters], [...values.parameters]);
    assert.deepEqual([...loaded.values.states], [...values.states]);
  }));

Deno.test("a changed byte, another kind of file and a missing one are refused with one line", () =>
  inFolder(async (path) => {
    await assert.rejects(loadModel(path), UserError);
    await saveModel(path, head, values);
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 1] ^= 1;
    await Deno.writeFile(path, bytes);
    await assert.rejects(loadModel(path), /^UserError: .*damaged \(its digest does not match\)/);
    await Deno.writeTextFile(path, "no tensors");
    await assert.rejects(loadModel(path), UserError);
  }));
