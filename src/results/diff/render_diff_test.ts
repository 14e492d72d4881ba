import assert from "node:assert/strict";
import { fixtureResult, fixtureRow } from "../result_fixture.ts";
import { diffResults } from "./diff_results.ts";
import { diffFormats, renderDiff } from "./render_diff.ts";

function sample() {
  const rows = (correct: number[], model: string) =>
    correct.map((count, i) => fixtureRow({ seed: i + 1, correct: count, model }));
  const old = fixtureResult([...rows([960, 970], "mega"), ...rows([700], "transformer")]);
  const now = fixtureResult([...rows([900, 912], "mega"), ...rows([700], "s4")]);
  return diffResults({ name: "a.json", result: old }, { name: "b.json", result: now });
}

Deno.test("the text names what regressed, the reason of the rest, and the rule", () => {
  const text = renderDiff(sample(), "text", { width: 120 });
  assert.match(text, /^Long Range Arena · profile quick · 1 regressed, 2 within noise, 2 incomp/);
  assert.match(text, /Regressed\n {2}ListOps +Mega +Accuracy, % +48\.25 +45\.30 +−2\.95/);
  const flat = text.replaceAll("\n", " ");
  assert.match(flat, /Not comparable: ListOps Transformer accuracy: not in the new result\./);
  assert.match(flat, /A change counts when p < 0\.05 and it is at least 1 percentage point of/);
});

Deno.test("the comment opens with the verdict and folds the details away", () => {
  const text = renderDiff(sample(), "markdown");
  assert.match(text, /^### ❌ Long Range Arena · profile quick · 1 regressed/);
  const [changed, all] = text.split("<details>");
  assert.ok(changed.includes("Regressed") && !changed.includes("Within noise"));
  assert.ok(all.includes("Within noise") && all.trimEnd().endsWith("</details>"));
});

Deno.test("names from result files reach neither terminal nor summary as commands", () => {
  for (const name of ["\x1b[2J", "a\rb", "\u009b2J", "\u202e", "<b>", "|", "`x`", "x\ny"]) {
    const old = fixtureResult([fixtureRow({ task: name, model: name })]);
    const now = fixtureResult([fixtureRow({ task: name, model: name, correct: 5 })]);
    for (const result of [old, now]) Object.assign(result, { suite: name });
    const diff = diffResults({ name, result: old }, { name, result: now });
    for (const format of diffFormats) {
      const shown = renderDiff(diff, format).replaceAll("\n", "");
      assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}]/u, `${format} ${JSON.stringify(name)}`);
    }
    const comment = renderDiff(diff, "markdown").split("\n");
    assert.equal(comment[1], "");
    assert.doesNotMatch(comment[0].replaceAll(/\\./g, ""), /[<>|`]/);
  }
});

Deno.test("the JSON holds every entry with its numbers", () => {
  const value = JSON.parse(renderDiff(sample(), "json"));
  assert.equal(value.schema, "mega-webgpu/diff");
  assert.equal(value.version, 2);
  assert.equal(value.entries.length, 5);
  assert.deepEqual(value.counts, {
    improved: 0,
    regressed: 1,
    "within noise": 2,
    incomparable: 2,
  });
  assert.equal(value.entries[0].old.values[0].value, 0.48);
});
