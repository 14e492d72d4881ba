import assert from "node:assert/strict";
import { UserError } from "../../errors.ts";
import { compoundSplit, readGenerationLog } from "./compound_split.ts";
import { fairseqBleu, idStatistics, SENTENCE_PLUS_ONE, textStatistics } from "./fairseq_bleu.ts";
import { addStatistics, NO_STATISTICS, sumStatistics } from "./statistics.ts";

Deno.test("pads and the ends of sentences do not count, but for a last token", () => {
  const lengths = (hypothesis: number[], reference: number[]) => {
    const { hypothesisLength, referenceLength, matches } = idStatistics(hypothesis, reference);
    return [hypothesisLength, referenceLength, matches[0]];
  };
  assert.deepEqual(lengths([1, 1, 5, 6, 2, 1], [5, 6, 2]), [2, 2, 2]);
  assert.deepEqual(lengths([2], [2]), [1, 1, 1]);
  assert.deepEqual(lengths([1, 2], [5, 2]), [1, 1, 0]);
  assert.deepEqual(lengths([5, 1, 2, 6], [5, 1, 2, 6]), [4, 4, 4]);
});

Deno.test("unknown words of references match nothing", () => {
  assert.deepEqual(idStatistics([5, 3, 6], [5, 3, 6]).matches, [2, 0, 0, 0]);
  assert.deepEqual(idStatistics([5, 3, 6], [5, 3, 6], { unk: 6 }).matches, [2, 1, 0, 0]);
});

Deno.test("words of text are equal when their strings are, across lines and sides", () => {
  const sentences = textStatistics(["a b <unk>", "", "<<unk>> c"], ["a B <unk>", "", "<<unk>> c"]);
  assert.deepEqual(sentences.map(({ matches }) => matches[0]), [1, 1, 2]);
  assert.equal(textStatistics(["a B"], ["A b", "more"], { ignoreCase: true })[0].matches[1], 1);
  assert.equal(textStatistics(["a"], ["a", "more"]).length, 1);
});

Deno.test("scores are not smoothed and are printed as fairseq prints them", () => {
  const sum = sumStatistics(textStatistics(["a b c d", "x y"], ["a b x y", "x z"]));
  assert.equal(
    fairseqBleu(sum).format(),
    "BLEU4 = 0.00, 50.0/25.0/0.0/0.0 (BP=1.000, ratio=1.000, syslen=6, reflen=6)",
  );
  assert.equal(
    fairseqBleu(sum, 2).format(),
    "BLEU2 = 35.36, 50.0/25.0 (BP=1.000, ratio=1.000, syslen=6, reflen=6)",
  );
  const [first] = textStatistics(["a b c d"], ["a b x y"]);
  assert.equal(
    fairseqBleu(addStatistics(SENTENCE_PLUS_ONE, first)).format(),
    "BLEU4 = 45.18, 50.0/50.0/33.3/50.0 (BP=1.000, ratio=1.000, syslen=4, reflen=4)",
  );
  assert.throws(() => fairseqBleu(sum, 5), RangeError);
  assert.throws(() => fairseqBleu(NO_STATISTICS), UserError);
});

Deno.test("hyphens between what is no space are split, as a program that reads bytes does", () => {
  const cases: [string, string][] = [
    ["Auto-Unfall", "Auto ##AT##-##AT## Unfall"],
    ["a-b-c-d", "a ##AT##-##AT## b-c ##AT##-##AT## d"],
    ["a-ä-b", "a ##AT##-##AT## ä ##AT##-##AT## b"],
    ["--x--", "- ##AT##-##AT## x--"],
    ["Vor- und -y -", "Vor- und -y -"],
    ["a\u00a0-\u00a0b", "a\u00a0 ##AT##-##AT## \u00a0b"],
    ["1-😀-2", "1 ##AT##-##AT## 😀 ##AT##-##AT## 2"],
  ];
  for (const [line, split] of cases) assert.equal(compoundSplit(line), split);
});

Deno.test("a generation log gives hypotheses and references in its order", () => {
  const log = [
    "| [de] dictionary: 8 types",
    "T-1\tein Haus",
    "H-1\t-0.5\tdas Haus",
    "D-1\t-0.5\tdas Haus",
    "T-0\t",
    "H-0\t-0.1\t",
    "| Generate test with beam=5: BLEU4 = 1.00",
  ];
  assert.deepEqual(readGenerationLog(log), {
    hypotheses: ["das Haus", ""],
    references: ["ein Haus", ""],
  });
  assert.equal(readGenerationLog(log.slice(0, -1)), undefined);
  assert.equal(readGenerationLog([]), undefined);
});
