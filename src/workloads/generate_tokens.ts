/** Text from a language model, a token at a time, with the memory of one token however long. */
import { BOS_ID, EOS_ID, PAD_ID, UNK_ID } from "../data/vocabulary.ts";
import type { StepRunner } from "../train/workload.ts";
import { PhiloxStream } from "../util/philox.ts";
import { RANDOM_STREAMS } from "../util/random_streams.ts";
import { chooseToken, type SamplingOptions } from "./sampling.ts";

/** What is generated, and how. */
export interface GenerationOptions extends SamplingOptions {
  /** Ids of the text that is continued; it may be empty. */
  readonly prompt: Iterable<number>;
  /** Most tokens. */
  readonly length: number;
  readonly seed: number;
  /** Ids that are never generated, beside those that nobody can read. */
  readonly excluded?: Iterable<number>;
}

/** Symbols that stand for no text, and the unknown word, which nobody can read. */
const unreadable = [BOS_ID, PAD_ID, UNK_ID] as const;

/** Extents of a step: one row, one token. */
export const stepExtents = { batch: 1, length: 1 } as const;

/**
 * Generates tokens after `</s>` and the prompt. Every token is one recurrent step of the model: the
 * state of its averages, and keys and values of one chunk, are all that it remembers.
 *
 * @param runner Runs a model whose `step` mode reads `tokens` [1, 1] and gives `logits` [1, 1, V].
 */
export async function* generateTokens(
  runner: StepRunner,
  { prompt, length, seed, excluded = [], ...sampling }: GenerationOptions,
): AsyncGenerator<number, void, undefined> {
  const random = new PhiloxStream(seed, RANDOM_STREAMS.sampling);
  const never = new Set([...unreadable, ...excluded]);
  const read = (token: number, fresh: boolean) =>
    runner.step({
      feeds: new Map([["tokens", Int32Array.of(token)]]),
      extents: stepExtents,
      fresh,
    });
  let step = read(EOS_ID, true);
  for (const token of prompt) step = read(token, false);
  for (let count = 0; count < length; count++) {
    const token = chooseToken(await step.read("logits"), sampling, random, never);
    yield token;
    if (count + 1 < length) step = read(token, false);
  }
}
