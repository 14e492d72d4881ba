import assert from "node:assert/strict";
import { UserError } from "../../errors.ts";
import { Dictionary, SymbolCounter } from "./dictionary.ts";

function counted(text: string) {
  const counter = new SymbolCounter();
  for (const line of text.split("\n")) counter.addLine(line);
  return counter.counts;
}

Deno.test("symbols are numbered from the most frequent, equal ones by code points", () => {
  const counts = counted("b a b 😀 \uffee\n<unk> <pad> c c c");
  const dictionary = Dictionary.fromCounts(counts, { paddingFactor: 1 });
  assert.deepEqual(dictionary.symbols, [
    ...["<s>", "<pad>", "</s>", "<unk>"],
    ...["c", "b", "a", "\uffee", "😀"],
  ]);
  assert.deepEqual(dictionary.lines().slice(0, 2), ["c 3", "b 2"]);
  assert.equal(dictionary.id("nowhere"), 3);
  assert.throws(() => dictionary.symbol(9), RangeError);
});

Deno.test("threshold, size and padding limit a dictionary", () => {
  const counts = counted("a a a b b c c d");
  assert.equal(Dictionary.fromCounts(counts, { threshold: 2, paddingFactor: 1 }).size, 7);
  assert.equal(Dictionary.fromCounts(counts, { maxSymbols: 6, paddingFactor: 1 }).size, 6);
  const padded = Dictionary.fromCounts(counts, { maxSymbols: 6 });
  assert.deepEqual(padded.lines(), ["a 3", "b 2", "madeupword0000 0", "madeupword0001 0"]);
});

Deno.test("a dictionary is the same after it was written and read, white space included", () => {
  const counts = new Map([[" ", 9], ["\u00a0", 5], ["#", 4], ["\u2581a", 1]]);
  const first = Dictionary.fromCounts(counts);
  const second = Dictionary.parse(first.toText().split("\n").slice(0, -1));
  assert.deepEqual(second.symbols, first.symbols);
  assert.equal(second.toText(), first.toText());
});

Deno.test("a text is encoded line by line", () => {
  const dictionary = Dictionary.fromCounts(counted("a b"), { paddingFactor: 1 });
  assert.deepEqual([...dictionary.encodeText("a x\n\nb")], [4, 3, 2, 2, 5, 2]);
  assert.deepEqual([...dictionary.encodeText("a\n")], [4, 2]);
  assert.equal(dictionary.string(dictionary.encodeText("a x\nb")), "a <unk> b");
});

for (
  const [lines, message] of [
    [["a 1", "b"], /^dict\.txt:2: expected a symbol, a space and a count$/],
    [["a 1.5"], /^dict\.txt:1: expected a symbol/],
    [["a 1", "a 2"], /^dict\.txt:2: duplicate symbol "a"/],
    [["</s> 3"], /duplicate symbol "<\/s>"/],
  ] as const
) {
  Deno.test(`dict.txt with the lines ${lines.join(" | ")} is refused in one line`, () => {
    assert.throws(() => Dictionary.parse(lines), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, message);
      return !error.message.includes("\n");
    });
  });
}
