import assert from "node:assert/strict";
import { add, mul, square, sub } from "../../kernels/elementwise/mod.ts";
import { matmul } from "../../kernels/matmul/mod.ts";
import { mean, sum } from "../../kernels/reduce/mod.ts";
import { input } from "../../kernels/source/mod.ts";
import { assertClose, testDevice, testNormals } from "../compiler/testing.ts";
import type { ModelContext } from "../nn/context.ts";
import { normal } from "../nn/initializers.ts";
import type { ProgramBatch } from "./model_programs.ts";
import { Session, type SessionOptions } from "./session.ts";
import type { ModelFunction } from "./workload.ts";

const width = 5;

/** Least squares with an unused parameter and a running mean of the predictions. */
const regression: ModelFunction = (context: ModelContext, { rows }) => {
  const x = input("x", [rows, width]);
  const target = input("target", [rows, 1]);
  const prediction = matmul(x, context.parameter("weight", [width, 1], normal(0.5)));
  context.parameter("unused", [3], normal(1));
  const before = context.state("average", [1], 0);
  context.updateState("average", mul(sub(mean(prediction, [0]), mul(before, -1)), 0.5));
  return { lossSum: sum(square(sub(prediction, target))), metrics: {} };
};

function batchOf(first: number, rows: number): ProgramBatch {
  const x = Float32Array.from(testNormals(64 * width, 1));
  const target = Float32Array.from(testNormals(64, 2));
  const feeds = new Map([
    ["x", x.slice(first * width, (first + rows) * width)],
    ["target", target.slice(first, first + rows)],
  ]);
  return { feeds, extents: { rows } };
}

async function makeSession(
  rows: number,
  accumulation: number,
  options: Partial<SessionOptions> = {},
): Promise<Session> {
  const extents = { rows };
  const session = new Session(await testDevice("software"), {
    model: regression,
    extents: { train: extents, evaluate: extents },
    optimizer: { beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 },
    accumulation,
    seed: 1,
    ...options,
  });
  session.initialize();
  return session;
}

Deno.test("two micro-batches make the same update as one batch of both", async () => {
  const whole = await makeSession(16, 1);
  const parts = await makeSession(8, 2);
  for (let update = 1; update <= 3; update++) {
    whole.update(update, 0.1, [batchOf(16 * update, 16)], 16);
    parts.update(update, 0.1, [batchOf(16 * update, 8), batchOf(16 * update + 8, 8)], 16);
  }
  const [expected, actual] = [await whole.readMetrics(), await parts.readMetrics()];
  assertClose("losses", actual.map((m) => m.lossSum), expected.map((m) => m.lossSum), 1e-5);
  assertClose(
    "norms",
    actual.map((m) => m.gradientNorm),
    expected.map((m) => m.gradientNorm),
    1e-5,
  );
  const weights = async (session: Session) =>
    (await session.snapshot()).parameters.get("weight") ?? new Float32Array();
  assertClose("weight", await weights(parts), await weights(whole), 1e-5);
  whole.destroy();
  parts.destroy();
});

Deno.test("a parameter without a gradient is left alone, weight decay included", async () => {
  const session = await makeSession(8, 1);
  const before = (await session.snapshot()).parameters.get("unused");
  session.update(1, 0.1, [batchOf(0, 8)], 8);
  const after = (await session.snapshot()).parameters.get("unused");
  assert.deepEqual(after, before);
  session.destroy();
});

Deno.test("model state is updated by training and kept by evaluation", async () => {
  const session = await makeSession(8, 1);
  const average = async () => (await session.snapshot()).states.get("average")?.[0] ?? Number.NaN;
  session.update(1, 0.1, [batchOf(0, 8)], 8);
  const first = await average();
  assert.notEqual(first, 0);
  session.evaluate(batchOf(8, 8));
  assert.equal(await average(), first);
  session.update(2, 0.1, [batchOf(8, 8)], 8);
  assert.notEqual(await average(), first);
  session.destroy();
});

Deno.test("a snapshot restores parameters, moments and state to the same continuation", async () => {
  const session = await makeSession(8, 1);
  session.update(1, 0.1, [batchOf(0, 8)], 8);
  const saved = await session.snapshot();
  session.update(2, 0.1, [batchOf(8, 8)], 8);
  const expected = await session.snapshot();
  session.restore(saved);
  session.update(2, 0.1, [batchOf(8, 8)], 8);
  assert.deepEqual(await session.snapshot(), expected);
  session.destroy();
});

Deno.test("a session releases every buffer", async () => {
  const device = await testDevice("software");
  const before = device.liveBytes;
  const session = await makeSession(8, 2);
  assert.ok(device.liveBytes > before);
  session.destroy();
  assert.equal(device.liveBytes, before);
});

Deno.test("micro-batches of different shapes make the same update as one batch of all", async () => {
  const whole = await makeSession(16, 1);
  const parts = await makeSession(8, 3);
  for (let update = 1; update <= 3; update++) {
    const at = 16 * update;
    whole.update(update, 0.1, [batchOf(at, 16)], 16);
    parts.update(update, 0.1, [batchOf(at, 8), batchOf(at + 8, 5), batchOf(at + 13, 3)], 16);
  }
  const [expected, actual] = [await whole.readMetrics(), await parts.readMetrics()];
  assertClose("losses", actual.map((m) => m.lossSum), expected.map((m) => m.lossSum), 1e-5);
  const weights = async (session: Session) =>
    (await session.snapshot()).parameters.get("weight") ?? new Float32Array();
  assertClose("weight", await weights(parts), await weights(whole), 1e-5);
  assert.equal(parts.programCount, 4, "three training shapes and one evaluation shape");
  whole.destroy();
  parts.destroy();
});

Deno.test("parameters that span several buffers train to the same numbers", async () => {
  const whole = await makeSession(8, 1);
  // Room for one block of parameters and the metrics.
  const split = await makeSession(8, 1, { bindableBytes: 4 * 128 });
  assert.equal(whole.store.layout.segments.length, 1);
  assert.equal(split.store.layout.segments.length, 2);
  for (const session of [whole, split]) {
    for (let update = 1; update <= 3; update++) session.update(update, 0.1, [batchOf(0, 8)], 8);
  }
  assert.deepEqual(await split.readMetrics(), await whole.readMetrics());
  assert.deepEqual(await split.snapshot(), await whole.snapshot());
  whole.destroy();
  split.destroy();
});

Deno.test("a parameter that no buffer can hold is refused before anything is allocated", async () => {
  const device = await testDevice("software");
  const before = device.liveBytes;
  await assert.rejects(
    makeSession(8, 1, { bindableBytes: 256 }),
    /^UserError: parameter weight needs 20 B but this adapter binds at most 256 B: /,
  );
  assert.equal(device.liveBytes, before);
});

/** A running sum over the batches of a stream. */
const accumulator: ModelFunction = (context, { rows }) => {
  const x = input("x", [rows, width]);
  const scaled = sum(mul(x, context.parameter("scale", [1], normal(1))), [0]);
  const total = add(context.carried("total", [width]), scaled);
  context.carry("total", total);
  return { lossSum: sum(square(total)), outputs: { total } };
};

Deno.test("carried state goes from batch to batch, starts anew when told to, and modes keep their own", async () => {
  const session = await makeSession(2, 1, { model: accumulator });
  const batch = (first: number, fresh: boolean) => ({ ...batchOf(first, 2), fresh });
  const total = async (from: ProgramBatch) => await session.step(from, "evaluate").read("total");
  const alone = [await total(batch(0, true)), await total(batch(2, true))];
  await total(batch(0, true));
  const both = await total(batch(2, false));
  assertClose("sum of two batches", both, alone[0].map((value, k) => value + alone[1][k]), 1e-6);
  session.update(1, 0, [batch(0, true)], 2);
  session.update(2, 0, [batch(2, false)], 2);
  const { carried } = await session.snapshot();
  assertClose("carried in training", carried.get("total") ?? [], both, 1e-6);
  await total(batch(4, true));
  assert.deepEqual((await session.snapshot()).carried, carried, "evaluation leaves it alone");
  session.destroy();
});

Deno.test("a snapshot continues a stream with carried state to the same bits", async () => {
  const session = await makeSession(2, 1, { model: accumulator });
  const batch = (first: number) => ({ ...batchOf(first, 2), fresh: first === 0 });
  session.update(1, 0.1, [batch(0)], 2);
  const saved = await session.snapshot();
  session.update(2, 0.1, [batch(2)], 2);
  const expected = await session.snapshot();
  session.initialize();
  session.restore(saved);
  session.update(2, 0.1, [batch(2)], 2);
  assert.deepEqual(await session.snapshot(), expected);
  session.destroy();
});
