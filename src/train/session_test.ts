import assert from "node:assert/strict";
import { mul, square, sub } from "../../kernels/elementwise/mod.ts";
import { matmul } from "../../kernels/matmul/mod.ts";
import { mean, sum } from "../../kernels/reduce/mod.ts";
import { input } from "../../kernels/source/mod.ts";
import { assertClose, testDevice, testNormals } from "../compiler/testing.ts";
import type { ModelContext } from "../nn/context.ts";
import { normal } from "../nn/initializers.ts";
import { type BatchFeeds, Trainer } from "./trainer.ts";

const width = 5;

/** Least squares with an unused parameter and a running mean of the predictions. */
function regression(rows: number) {
  return (context: ModelContext) => {
    const x = input("x", [rows, width]);
    const target = input("target", [rows, 1]);
    const prediction = matmul(x, context.parameter("weight", [width, 1], normal(0.5)));
    context.parameter("unused", [3], normal(1));
    const before = context.state("average", [1], 0);
    context.updateState("average", mul(sub(mean(prediction, [0]), mul(before, -1)), 0.5));
    return { lossSum: sum(square(sub(prediction, target))), metrics: {} };
  };
}

function feeds(first: number, rows: number): BatchFeeds {
  const x = Float32Array.from(testNormals(64 * width, 1));
  const target = Float32Array.from(testNormals(64, 2));
  return new Map([
    ["x", x.slice(first * width, (first + rows) * width)],
    ["target", target.slice(first, first + rows)],
  ]);
}

async function makeTrainer(rows: number, accumulation: number): Promise<Trainer> {
  const trainer = new Trainer(await testDevice("software"), {
    model: regression(rows),
    optimizer: { beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
    accumulation,
    seed: 1,
  });
  trainer.initialize();
  return trainer;
}

Deno.test("two micro-batches make the same update as one batch of both", async () => {
  const whole = await makeTrainer(16, 1);
  const parts = await makeTrainer(8, 2);
  for (let update = 1; update <= 3; update++) {
    whole.update(update, 0.1, [feeds(16 * update, 16)], 16);
    parts.update(update, 0.1, [feeds(16 * update, 8), feeds(16 * update + 8, 8)], 16);
  }
  const [expected, actual] = [await whole.readMetrics(), await parts.readMetrics()];
  assertClose("losses", actual.map((m) => m.lossSum), expected.map((m) => m.lossSum), 1e-5);
  assertClose(
    "norms",
    actual.map((m) => m.gradientNorm),
    expected.map((m) => m.gradientNorm),
    1e-5,
  );
  const weights = async (trainer: Trainer) =>
    (await trainer.snapshot()).parameters.get("weight") ?? new Float32Array();
  assertClose("weight", await weights(parts), await weights(whole), 1e-5);
  whole.destroy();
  parts.destroy();
});

Deno.test("a parameter without a gradient is left alone, weight decay included", async () => {
  const trainer = await makeTrainer(8, 1);
  const before = (await trainer.snapshot()).parameters.get("unused");
  trainer.update(1, 0.1, [feeds(0, 8)], 8);
  const after = (await trainer.snapshot()).parameters.get("unused");
  assert.deepEqual(after, before);
  trainer.destroy();
});

Deno.test("model state is updated by training and kept by evaluation", async () => {
  const trainer = await makeTrainer(8, 1);
  const average = async () => (await trainer.snapshot()).states.get("average")?.[0] ?? Number.NaN;
  trainer.update(1, 0.1, [feeds(0, 8)], 8);
  const first = await average();
  assert.notEqual(first, 0);
  trainer.evaluate(feeds(8, 8));
  assert.equal(await average(), first);
  trainer.update(2, 0.1, [feeds(8, 8)], 8);
  assert.notEqual(await average(), first);
  trainer.destroy();
});

Deno.test("a snapshot restores parameters, moments and state to the same continuation", async () => {
  const trainer = await makeTrainer(8, 1);
  trainer.update(1, 0.1, [feeds(0, 8)], 8);
  const saved = await trainer.snapshot();
  trainer.update(2, 0.1, [feeds(8, 8)], 8);
  const expected = await trainer.snapshot();
  trainer.restore(saved);
  trainer.update(2, 0.1, [feeds(8, 8)], 8);
  assert.deepEqual(await trainer.snapshot(), expected);
  trainer.destroy();
});

Deno.test("a trainer releases every buffer", async () => {
  const device = await testDevice("software");
  const before = device.liveBytes;
  const trainer = await makeTrainer(8, 2);
  assert.ok(device.liveBytes > before);
  trainer.destroy();
  assert.equal(device.liveBytes, before);
});
