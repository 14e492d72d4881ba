import assert from "node:assert/strict";
import { PhiloxStream } from "../util/philox.ts";
import { chooseToken, type SamplingOptions } from "./sampling.ts";

const logits = Float32Array.of(0, 2, 1, 2, -Infinity);
const all: SamplingOptions = { temperature: 1, topK: 0, topP: 1 };

function frequencies(options: SamplingOptions, excluded?: ReadonlySet<number>): number[] {
  const random = new PhiloxStream(7, 60_100);
  const counts = new Array<number>(logits.length).fill(0);
  const draws = 4000;
  for (let i = 0; i < draws; i++) counts[chooseToken(logits, options, random, excluded)]++;
  return counts.map((count) => count / draws);
}

function assertNear(actual: readonly number[], expected: readonly number[]): void {
  actual.forEach((value, i) =>
    assert.ok(Math.abs(value - expected[i]) < 0.03, `token ${i}: ${value}, not ${expected[i]}`)
  );
}

Deno.test("tokens are drawn with the probabilities of the softmax at the temperature", () => {
  const softmax = (temperature: number) => {
    const weights = [...logits].map((x) => Math.exp(x / temperature));
    const total = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / total);
  };
  assertNear(frequencies(all), softmax(1));
  assertNear(frequencies({ ...all, temperature: 0.5 }), softmax(0.5));
});

Deno.test("temperature 0 takes the most likely token, the first of equals", () => {
  assert.deepEqual(frequencies({ ...all, temperature: 0 }), [0, 1, 0, 0, 0]);
});

Deno.test("top-k, top-p and exclusion leave the other tokens out", () => {
  assertNear(frequencies({ ...all, topK: 2 }), [0, 0.5, 0, 0.5, 0]);
  // The two most likely tokens have 0.79 of the probability together.
  assertNear(frequencies({ ...all, topP: 0.7 }), [0, 0.5, 0, 0.5, 0]);
  assertNear(frequencies({ ...all, topP: 1e-9 }), [0, 1, 0, 0, 0]);
  assertNear(frequencies({ ...all, topK: 1 }, new Set([1])), [0, 0, 0, 1, 0]);
});

Deno.test("logits without a finite value are an error", () => {
  const random = new PhiloxStream(1, 60_101);
  assert.throws(() => chooseToken([NaN, -Infinity], all, random), RangeError);
});
