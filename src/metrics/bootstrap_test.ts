import assert from "node:assert/strict";
import { UserError } from "../errors.ts";
import { PhiloxStream } from "../util/philox.ts";
import { corpusBleu } from "./bleu/corpus_bleu.ts";
import { type BleuStatistics, sentenceStatistics, sumStatistics } from "./bleu/statistics.ts";
import { bootstrapInterval, pairedBootstrap } from "./bootstrap.ts";

/** Sentences of which a share of the tokens is wrong. */
function system(sentences: number, wrong: number, seed: number): BleuStatistics[] {
  const random = new PhiloxStream(seed, 99);
  const references = new PhiloxStream(0, 98);
  return Array.from({ length: sentences }, () => {
    const length = 5 + references.uniformInt(30);
    const reference = Array.from({ length }, () => references.uniformInt(1000));
    const hypothesis = reference.map((id) => random.uniform() < wrong ? -1 : id);
    return sentenceStatistics(hypothesis, [reference]);
  });
}

Deno.test("an interval is near what resampling by hand gives, and narrower for more sentences", () => {
  const sentences = system(400, 0.2, 1);
  const { lower, upper } = bootstrapInterval(sentences, { seed: 3 });
  const { score } = corpusBleu(sumStatistics(sentences));
  assert.ok(lower < score && score < upper);
  const random = new PhiloxStream(7, 97);
  const scores = Array.from({ length: 1000 }, () => {
    const drawn = sentences.map(() => sentences[random.uniformInt(sentences.length)]);
    return corpusBleu(sumStatistics(drawn)).score;
  }).sort((a, b) => a - b);
  assert.ok(Math.abs(scores[25] - lower) < 0.3 && Math.abs(scores[974] - upper) < 0.3);
  const more = bootstrapInterval(system(3200, 0.2, 1), { seed: 3 });
  assert.ok(more.upper - more.lower < (upper - lower) * 0.6);
});

Deno.test("a level says how many samples an interval holds", () => {
  const sentences = system(60, 0.3, 1);
  const widths = [0.5, 0.9, 0.95, 0.99].map((level) => {
    const { lower, upper } = bootstrapInterval(sentences, { seed: 1, level });
    return upper - lower;
  });
  assert.deepEqual(widths, widths.toSorted((a, b) => a - b));
  const single = bootstrapInterval(sentences, { seed: 1, samples: 1 });
  assert.equal(single.lower, single.upper);
});

Deno.test("the same seed gives the same samples, another seed others", () => {
  const sentences = system(50, 0.3, 1);
  const first = bootstrapInterval(sentences, { seed: 5 });
  assert.deepEqual(bootstrapInterval(sentences, { seed: 5n }), first);
  assert.notDeepEqual(bootstrapInterval(sentences, { seed: 6 }), first);
});

Deno.test("a clear difference is significant and chance is not", () => {
  const better = system(300, 0.1, 1);
  const worse = pairedBootstrap(system(300, 0.2, 2), better, { seed: 1 });
  assert.ok(worse.difference < 0 && worse.interval.upper < 0);
  assert.equal(worse.pValue, 1 / 1001);
  const swapped = pairedBootstrap(better, system(300, 0.2, 2), { seed: 1 });
  assert.equal(swapped.difference, -worse.difference);
  const chance = pairedBootstrap(system(300, 0.1, 3), better, { seed: 1 });
  assert.ok(chance.interval.lower < 0 && chance.interval.upper > 0);
  assert.ok(chance.pValue > 0.05, `p = ${chance.pValue}`);
});

Deno.test("pairing sees differences that are smaller than the intervals of both", () => {
  const base = system(300, 0.3, 1);
  const slightly = base.map((sentence, i) =>
    i % 60 === 0 ? { ...sentence, matches: sentence.totals } : sentence
  );
  const [a, b] = [slightly, base].map((sentences) => bootstrapInterval(sentences, { seed: 1 }));
  assert.ok(a.lower < b.upper);
  assert.ok(pairedBootstrap(slightly, base, { seed: 1 }).interval.lower > 0);
});

Deno.test("equal systems differ by nothing", () => {
  const sentences = system(20, 0.3, 1);
  const { difference, interval } = pairedBootstrap(sentences, sentences, { seed: 1 });
  assert.deepEqual({ difference, interval }, { difference: 0, interval: { lower: 0, upper: 0 } });
});

Deno.test("what cannot be resampled is the user's error", () => {
  const sentences = system(3, 0.3, 1);
  assert.throws(() => bootstrapInterval([], { seed: 1 }), UserError);
  assert.throws(() => bootstrapInterval(sentences, { seed: 1, samples: 0 }), /0 samples/);
  assert.throws(() => bootstrapInterval(sentences, { seed: 1, level: 1 }), /level 1/);
  assert.throws(
    () => pairedBootstrap(sentences, sentences.slice(1), { seed: 1 }),
    /3 and 2 sentences/,
  );
});
