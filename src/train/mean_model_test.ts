import assert from "node:assert/strict";
import { meanModel } from "./mean_model.ts";
import type { TrainedValues } from "./session_state.ts";

async function* models(...weights: number[]): AsyncGenerator<TrainedValues> {
  for (const weight of weights) {
    yield await Promise.resolve({
      parameters: new Map([["w", Float32Array.of(weight, 0.1)]]),
      states: new Map([["average", Float32Array.of(-weight)]]),
    });
  }
}

Deno.test("the mean is taken in float64 and rounded once", async () => {
  // In float32 the ones would vanish beside the large numbers.
  const { parameters, states } = await meanModel(models(2 ** 25, 1, -(2 ** 25)));
  assert.deepEqual(parameters.get("w"), Float32Array.of(1 / 3, 0.1));
  assert.deepEqual(states.get("average"), Float32Array.of(-1 / 3));
});

Deno.test("the mean of one model is that model, and of none an error", async () => {
  const { parameters } = await meanModel(models(5));
  assert.deepEqual(parameters.get("w"), Float32Array.of(5, 0.1));
  await assert.rejects(meanModel(models()), RangeError);
});
