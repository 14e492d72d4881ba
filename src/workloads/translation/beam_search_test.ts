import assert from "node:assert/strict";
import { maximum } from "../../../kernels/elementwise/mod.ts";
import { input } from "../../../kernels/source/mod.ts";
import { interpret } from "../../compiler/evaluate.ts";
import { checkOperation } from "../../compiler/testing.ts";
import { EOS_ID, PAD_ID, UNK_ID } from "../../data/vocabulary.ts";
import { freshGraph } from "../../graph/build.ts";
import { bestContinuations, nextBeams } from "../../models/beam_step.ts";
import {
  type BeamOptions,
  type Hypothesis,
  maxTargetLength,
  SentenceSearch,
} from "./beam_search.ts";

const words = { padding: PAD_ID, end: EOS_ID, unknown: UNK_ID };

/** Logits of the words after a prefix: random, and the same whenever they are asked for. */
function logitsAfter(prefix: readonly number[], vocabulary: number, seed: number): number[] {
  let state = prefix.reduce((hash, word) => Math.imul(hash ^ word, 16777619) >>> 0, seed + 99);
  return Array.from({ length: vocabulary }, (_, word) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917 + word) >>> 0;
    // Ends are likely enough for translations of different lengths.
    return 4 * state / 2 ** 32 + (word === EOS_ID ? 1.5 : 0);
  });
}

function logProbabilities(logits: readonly number[]): number[] {
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return logits.map((logit) => logit - total);
}

interface Setting extends BeamOptions {
  readonly vocabulary: number;
  readonly maxLength: number;
  readonly forced?: readonly number[];
}

/** The search of the reference as one would write it down, with whole hypotheses. */
function searchedPlainly(setting: Setting, seed: number) {
  const { beam, vocabulary, maxLength, minLength = 1, unknownPenalty = 0, forced = [] } = setting;
  let live: { tokens: number[]; scores: number[] }[] = [{ tokens: [], scores: [] }];
  const finished: { tokens: number[]; scores: number[]; score: number }[] = [];
  for (let step = 0; step <= maxLength && finished.length < beam; step++) {
    const continued = live.flatMap(({ tokens, scores }) =>
      logProbabilities(logitsAfter(tokens, vocabulary, seed)).map((gain, word) => {
        const prefix = step < maxLength ? forced[step] : undefined;
        const allowed = word !== PAD_ID &&
          (prefix === undefined || word === prefix) &&
          (step < maxLength || word === EOS_ID) &&
          (step >= minLength || word !== EOS_ID || prefix !== undefined);
        const own = allowed ? gain - (word === UNK_ID ? unknownPenalty : 0) : -Infinity;
        const total = (scores.at(-1) ?? 0) + own;
        return { tokens: [...tokens, word], scores: [...scores, total], total };
      })
    ).filter(({ total }) => total > -Infinity).sort((a, b) => b.total - a.total);
    const best = continued.slice(0, 2 * beam);
    for (const { tokens, scores, total } of best.slice(0, beam)) {
      if (tokens.at(-1) === EOS_ID && finished.length < beam) {
        const score = total / tokens.length ** setting.lengthPenalty;
        finished.push({ tokens, scores, score });
      }
    }
    live = best.filter(({ tokens }) => tokens.at(-1) !== EOS_ID).slice(0, beam);
  }
  return finished.sort((a, b) => b.score - a.score);
}

/** The search by the graph of a step and the replay of what it records. */
function searchedByGraph(setting: Setting, seed: number): readonly Hypothesis[] {
  const { beam, vocabulary, maxLength, minLength = 1, unknownPenalty = 0, forced = [] } = setting;
  const roots = freshGraph(() => {
    const one = (name: string) => input(name, [1]);
    const limits = {
      step: one("step"),
      minLength: one("minLength"),
      maxLength: one("maxLength"),
      unknownPenalty: one("unknownPenalty"),
    };
    const best = bestContinuations(
      input("logits", [beam, vocabulary]),
      { scores: input("scores", [1, beam]) },
      input("forced", [1], "i32"),
      words,
      limits,
    );
    const next = nextBeams(best, words);
    return [best, next].flatMap(({ scores, tokens, parents }) => [scores, tokens, parents]);
  });
  const search = new SentenceSearch(setting, maxLength);
  let prefixes: number[][] = Array.from({ length: beam }, () => []);
  let scores: number[] = prefixes.map((_, row) => row === 0 ? 0 : -3e38);
  for (let step = 0; !search.done; step++) {
    const feeds = new Map<string, ArrayLike<number>>([
      ["logits", prefixes.flatMap((prefix) => logitsAfter(prefix, vocabulary, seed))],
      ["scores", scores],
      ["forced", [forced[step] ?? PAD_ID]],
      ["step", [step]],
      ["minLength", [minLength]],
      ["maxLength", [maxLength]],
      ["unknownPenalty", [unknownPenalty]],
    ]);
    const results = interpret(roots, feeds).map(({ data }) => [...data]);
    const [candidateScores, tokens, parents, nextScores, nextTokens, nextParents] = results;
    search.advance({ scores: candidateScores, tokens, parents });
    prefixes = nextTokens.map((word, row) => [...prefixes[nextParents[row]], word]);
    scores = nextScores;
  }
  return search.hypotheses;
}

function compare(setting: Setting, seed: number): void {
  const expected = searchedPlainly(setting, seed);
  const actual = searchedByGraph(setting, seed);
  assert.deepEqual(actual.map(({ tokens }) => [...tokens]), expected.map(({ tokens }) => tokens));
  actual.forEach(({ score, positionalScores }, i) => {
    assert.ok(Math.abs(score - expected[i].score) < 1e-4);
    positionalScores.forEach((value, at) => {
      const { scores } = expected[i];
      assert.ok(Math.abs(value - (scores[at] - (scores[at - 1] ?? 0))) < 1e-4);
    });
  });
}

const usual = { beam: 4, lengthPenalty: 0.6, maxLengthA: 0, maxLengthB: 8 };
const settings: Readonly<Record<string, Setting>> = {
  "with four beams": { ...usual, vocabulary: 12, maxLength: 8 },
  "greedily": { ...usual, beam: 1, vocabulary: 12, maxLength: 8 },
  "with more beams than words": { ...usual, beam: 7, vocabulary: 5, maxLength: 4 },
  "with a least length and a penalty of unknown words": {
    ...usual,
    vocabulary: 9,
    maxLength: 6,
    minLength: 4,
    unknownPenalty: 1.5,
  },
  "for words after a prefix": { ...usual, vocabulary: 10, maxLength: 6, forced: [7, UNK_ID] },
  "of one word at most": { ...usual, vocabulary: 10, maxLength: 1, lengthPenalty: 0 },
};
for (const [name, setting] of Object.entries(settings)) {
  Deno.test(`searches ${name} as the reference does`, () => {
    for (let seed = 1; seed <= 5; seed++) compare(setting, seed);
  });
}

Deno.test("a step is the same on the device, with prefixes, finished beams and NaN", async () => {
  const [sentences, beam, vocabulary] = [3, 3, 11];
  const logits = Array.from(
    { length: sentences * beam },
    (_, row) => logitsAfter([row], vocabulary, 1),
  ).flat();
  logits[2 * beam * vocabulary + 4] = NaN;
  const scalar = (value: number) => ({ shape: [1], values: [value], gradient: false });
  await checkOperation({
    inputs: {
      logits: { shape: [sentences * beam, vocabulary], values: logits, gradient: false },
      scores: {
        shape: [sentences, beam],
        values: [0, -3e38, -3e38, -1, -2, -3, -1, -1.5, -2.5],
        gradient: false,
      },
      forced: { shape: [sentences], dtype: "i32", values: [PAD_ID, 6, PAD_ID] },
      step: scalar(1),
      minLength: scalar(1),
      maxLength: scalar(5),
      unknownPenalty: scalar(0.5),
    },
    build: ({ logits, scores, forced, step, minLength, maxLength, unknownPenalty }) => {
      const limits = { step, minLength, maxLength, unknownPenalty };
      const best = bestContinuations(logits, { scores }, forced, words, limits);
      const next = nextBeams(best, words);
      // Scores of what is not allowed would hide all others in a comparison of tensors.
      const visible = (x: typeof best.scores) => maximum(x, -50);
      return [
        visible(best.scores),
        best.tokens,
        best.parents,
        visible(next.scores),
        next.tokens,
        next.parents,
      ];
    },
  });
});

Deno.test("the longest translation follows from the padded source and the model", () => {
  const limits = { maxLengthA: 1.5, maxLengthB: 3 };
  assert.equal(maxTargetLength(limits, 7, 100), 13);
  assert.equal(maxTargetLength(limits, 70, 100), 99);
});
