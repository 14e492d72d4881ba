import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_ROOT } from "../cli/paths.ts";
import { UserError } from "../errors.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";

const fixture = (version: number) =>
  join(PROJECT_ROOT, `fixtures/checkpoints/checkpoint-${version}.safetensors`);

Deno.test("a checkpoint of version 1 is read: its accuracy is the score, and it carries no state", async () => {
  const saved = await loadCheckpoint(fixture(1), "a-run");
  assert.ok(saved);
  const { state, progress } = saved;
  assert.equal(progress.format, "mega-webgpu/checkpoint-2");
  assert.deepEqual(progress.curve, [
    { step: 10, loss: 2.25, score: 0.125, learningRate: 0.001, gradientNorm: 1.5 },
    { step: 20, loss: 2, score: 0.25, learningRate: 0.002, gradientNorm: null },
  ]);
  assert.deepEqual(progress.validationCurve, [{ step: 20, loss: 2.1, score: 0.2 }]);
  assert.deepEqual(progress.best, { step: 20, score: 0.2 });
  assert.equal(progress.positions, null);
  assert.deepEqual([...state.parameters], [["head.weight", Float32Array.of(1, 2, 3)]]);
  assert.deepEqual([...state.second], [["head.weight", Float32Array.of(7, 8, 9)]]);
  assert.equal(state.carried.size, 0);
});

Deno.test("a checkpoint of version 2 is read and written anew to the same content", async () => {
  const saved = await loadCheckpoint(fixture(2), "a-run");
  assert.ok(saved);
  assert.deepEqual([...saved.state.carried], [["layers.0.move.state", Float32Array.of(-1, 1)]]);
  assert.equal(saved.progress.positions, 800);
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "again.safetensors");
    await saveCheckpoint(path, saved.state, saved.progress);
    assert.deepEqual(await loadCheckpoint(path, "a-run"), saved);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a checkpoint of an unknown version is refused", async () => {
  const saved = await loadCheckpoint(fixture(2), "a-run");
  assert.ok(saved);
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "future.safetensors");
    await saveCheckpoint(path, saved.state, saved.progress);
    const bytes = await Deno.readFile(path);
    const version = new TextEncoder().encode("checkpoint-2");
    const at = bytes.findIndex((_, i) => version.every((byte, k) => bytes[i + k] === byte));
    assert.ok(at > 0);
    bytes[at + version.length - 1] = "9".charCodeAt(0);
    await Deno.writeFile(path, bytes);
    await assert.rejects(
      loadCheckpoint(path, "a-run"),
      (error) =>
        error instanceof UserError && /progress record has another form/.test(error.message),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
