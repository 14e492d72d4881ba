import assert from "node:assert/strict";
import { mergeTimes, type TimedModel, timeSteps } from "./step_timer.ts";

/** A model that is busy for some milliseconds per step and logs its name. */
function fake(name: string, busy: number, log: string[]): TimedModel & { settled: number } {
  return {
    settled: 0,
    step() {
      log.push(name);
      const end = performance.now() + busy;
      while (performance.now() < end);
      return busy / 2;
    },
    settle() {
      this.settled++;
      return Promise.resolve();
    },
  };
}

const idle = { finish: () => Promise.resolve() };

Deno.test("models run in turn, another one first in every round", async () => {
  const log: string[] = [];
  const models = ["a", "b", "c"].map((name) => fake(name, 110, log));
  const budget = { warmup: 1, leastRounds: 3, mostRounds: 3, seconds: 0 };
  const times = await timeSteps(idle, models, budget);
  assert.equal(log.join(""), "abc" + "abc" + "bca" + "cab");
  assert.ok(times !== undefined);
  for (const [i, { samples, steps, totalMilliseconds, hostShare }] of times.entries()) {
    assert.equal(samples.length, 3);
    assert.equal(steps, 3);
    assert.ok(samples.every((sample) => sample >= 109));
    assert.ok(Math.abs(totalMilliseconds - samples.reduce((a, b) => a + b)) < 1e-9);
    assert.ok(hostShare > 0.2 && hostShare <= 0.51, `${hostShare}`);
    assert.equal(models[i].settled, 4);
  }
});

Deno.test("short steps are timed in blocks, and rounds end with the budget", async () => {
  const log: string[] = [];
  const model = fake("a", 10, log);
  const budget = { warmup: 2, leastRounds: 2, mostRounds: 50, seconds: 0.15 };
  const times = await timeSteps(idle, [model], budget);
  assert.ok(times !== undefined);
  const [{ samples, steps }] = times;
  assert.ok(samples.length >= 2 && samples.length < 10, `${samples.length} rounds`);
  assert.ok(steps / samples.length >= 5);
  assert.equal(log.length, 2 + steps);
});

Deno.test("an interrupt ends the timing without a result", async () => {
  const log: string[] = [];
  const controller = new AbortController();
  const budget = { warmup: 1, leastRounds: 5, mostRounds: 5, seconds: 9 };
  const model = fake("a", 1, log);
  let blocks = 0;
  const stopping = {
    ...model,
    settle() {
      if (++blocks === 3) controller.abort();
      return model.settle();
    },
  };
  const times = await timeSteps(idle, [stopping], budget, controller.signal);
  assert.equal(times, undefined);
  assert.ok(log.length > 1);
});

Deno.test("two measurements join with the host's share weighted by time", () => {
  const first = { samples: [10, 12], steps: 2, totalMilliseconds: 22, hostShare: 0.5 };
  const second = { samples: [11], steps: 1, totalMilliseconds: 11, hostShare: 0.2 };
  assert.equal(mergeTimes(undefined, first), first);
  const { hostShare, ...joined } = mergeTimes(first, second);
  assert.deepEqual(joined, { samples: [10, 12, 11], steps: 3, totalMilliseconds: 33 });
  assert.ok(Math.abs(hostShare - 0.4) < 1e-12);
});
