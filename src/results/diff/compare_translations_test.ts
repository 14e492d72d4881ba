import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../../data/data_test_folder.ts";
import { sacreBleu } from "../../metrics/bleu/sacrebleu.ts";
import { countsOf } from "../../metrics/bleu/statistics.ts";
import { bootstrapInterval } from "../../metrics/bootstrap.ts";
import { PhiloxStream } from "../../util/philox.ts";
import { sha256Hex } from "../../util/sha256.ts";
import { fixtureResult } from "../result_fixture.ts";
import type { Result } from "../schema.ts";
import type { MetricRecord } from "../schema_row.ts";
import { fixtureTranslationRow } from "../translation_fixture.ts";
import {
  textOf,
  translationsFormat,
  translationsName,
  writeTranslations,
} from "../translations_file.ts";
import { readResultTranslations } from "./compare_translations.ts";
import { diffExitCode, diffResults } from "./diff_results.ts";
import { renderDiff } from "./render_diff.ts";

const sentences = 200;

/** Reference lines, and the same with a share of their words wrong. */
function lines(wrong: number, seed: number, text = 0) {
  const words = new PhiloxStream(text, 90);
  const errors = new PhiloxStream(seed, 91);
  const references = Array.from({ length: sentences }, () => {
    const length = 8 + words.uniformInt(12);
    return Array.from({ length }, () => `w${words.uniformInt(500)}`).join(" ");
  });
  const hypotheses = references.map((line) =>
    line.split(" ").map((word) => errors.uniform() < wrong ? "wrong" : word).join(" ")
  );
  return { references, hypotheses };
}

interface Side {
  path: string;
  result: Result;
}

/** A result whose runs, seeds 1, 2, ..., get these shares of words wrong, with its translations. */
async function side(
  path: string,
  wrong: readonly number[],
  { text = 0, from = 1, draw = 0 }: { text?: number; from?: number; draw?: number } = {},
) {
  const rows = [];
  for (const [i, share] of wrong.entries()) {
    const seed = from + i;
    const { references, hypotheses } = lines(
      share,
      draw + Math.round(1000 * share) * 10 + seed,
      text,
    );
    const score = sacreBleu(hypotheses, [references]);
    const { lower, upper } = bootstrapInterval(score.sentences, { seed: 1 });
    const row = fixtureTranslationRow({ seed });
    const names = { task: row.task.name, model: row.model.name, seed, split: "test" as const };
    const file = translationsName(path, names);
    const value = {
      ...names,
      // Such as texts that may not be passed on: the statistics suffice.
      sources: null,
      references: null,
      textSha256: sha256Hex(textOf(references, references)),
      hypotheses,
      statistics: score.sentences.map(countsOf),
    };
    const sha256 = await writeTranslations(
      join(path, "..", file),
      { format: translationsFormat, ...value },
    );
    const own = (metric: MetricRecord): MetricRecord => ({
      ...metric,
      value: score.score,
      interval: { low: lower, high: upper, confidence: 0.95, method: "bootstrap" },
    });
    rows.push({
      ...row,
      metrics: row.metrics.filter(({ unit }) => unit === "bleu").map(own),
      translations: [{ split: "test" as const, file, sha256, sentences }],
    });
  }
  return { path, result: { ...fixtureResult(rows), suite: "translation" } };
}

async function compared(old: Side, now: Side) {
  const named = async ({ path, result }: Side) => ({
    name: path,
    result,
    translations: await readResultTranslations(path, result),
  });
  const diff = diffResults(await named(old), await named(now));
  const entry = diff.entries.find(({ metric }) => metric === "sacrebleu");
  assert.ok(entry !== undefined);
  return { diff, entry, text: renderDiff(diff, "text", { width: 400 }) };
}

/** Calls `use` with what names result files, each in a folder of its own. */
function inFolder(use: (path: (name: string) => string) => Promise<void>): Promise<void> {
  return withFolder((folder) => use((name) => join(folder, name, "mt.json")));
}

Deno.test("the paired bootstrap of the translations decides on single runs", async () => {
  await inFolder(async (path) => {
    const base = await side(path("base"), [0.1]);
    const worse = await side(path("worse"), [0.14]);
    const down = await compared(base, worse);
    assert.equal(down.entry.verdict, "regressed");
    assert.equal(down.entry.method, "paired bootstrap");
    const [before, after] = [base, worse].map(({ result }) =>
      result.rows[0].metrics.find(({ name }) => name === "sacrebleu")?.value ?? NaN
    );
    assert.ok(Math.abs((down.entry.difference ?? NaN) - (after - before)) < 1e-9);
    assert.ok((down.entry.interval?.high ?? 0) < 0 && (down.entry.pValue ?? 1) < 0.01);
    assert.equal(diffExitCode(down.diff), 1);
    assert.match(down.text, /−\d+\.\d\d +−\d+\.\d\d to −\d+\.\d\d +[<0-9.]+ +paired bootstrap/);
    assert.match(down.text, /one run each/);
    const up = await compared(worse, base);
    assert.equal(up.entry.verdict, "improved");
    const chance = await compared(base, await side(path("other"), [0.1], { draw: 5 }));
    assert.equal(chance.entry.verdict, "within noise");
    assert.equal(chance.entry.method, "paired bootstrap");
    assert.ok((chance.entry.pValue ?? 0) > 0.05);
  });
});

Deno.test("a result compared with itself differs by nothing", async () => {
  await inFolder(async (path) => {
    const base = await side(path("base"), [0.1, 0.12]);
    const { diff, entry } = await compared(base, base);
    assert.deepEqual([entry.difference, entry.verdict], [0, "within noise"]);
    assert.equal(diffExitCode(diff), 0);
  });
});

Deno.test("seeds of both sides are pooled, all seeds where none is common", async () => {
  await inFolder(async (path) => {
    const base = await side(path("base"), [0.1, 0.11, 0.12]);
    const worse = await side(path("worse"), [0.13, 0.14]);
    const common = await compared(base, worse);
    assert.equal(common.entry.method, "paired bootstrap");
    assert.equal(common.entry.verdict, "regressed");
    assert.match(common.entry.reason ?? "", /only the 2 seeds of both sides/);
    const moved = await side(path("moved"), [0.13, 0.14], { from: 7 });
    const apart = await compared(base, moved);
    assert.equal(apart.entry.verdict, "regressed");
    assert.match(apart.entry.reason ?? "", /other seeds/);
    // The third seed of the base is its worst, and counts only here.
    assert.ok((apart.entry.difference ?? 0) > (common.entry.difference ?? 0));
  });
});

Deno.test("without the translations stored intervals are compared, and the reader is told", async () => {
  await inFolder(async (path) => {
    const base = await side(path("base"), [0.1]);
    const file = (one: Side) =>
      join(one.path, "..", one.result.rows[0].translations?.[0].file ?? "");
    const spoil: [string, RegExp, (one: Side) => Promise<void> | void][] = [
      ["gone", /gone\/mt\.translations\/[^ ]+: no such file/, (one) => Deno.remove(file(one))],
      ["changed", /not the file that .*changed\/mt\.json was written with/, async (one) => {
        const text = await Deno.readTextFile(file(one));
        await Deno.writeTextFile(file(one), text.replace("wrong", "right"));
      }],
      ["unkept", /the new result keeps none of seed 1/, (one) => {
        delete one.result.rows[0].translations;
      }],
    ];
    for (const [name, reason, apply] of spoil) {
      const now = await side(path(name), [0.14]);
      await apply(now);
      const { entry, text, diff } = await compared(base, now);
      assert.equal(entry.method, "stored intervals");
      assert.match(entry.reason ?? "", /^one run each; the translations could not be compared \(/);
      assert.match(entry.reason ?? "", reason);
      assert.ok(!entry.reason?.includes("\n"));
      assert.match(text, /sacrebleu: one run each; the translations could not be compared/);
      assert.equal(entry.pValue, null);
      // Their intervals overlap less than independence allows for.
      assert.equal(entry.verdict, "regressed");
      assert.equal(diffExitCode(diff), 1);
    }
    const near = await side(path("near"), [0.11]);
    await Deno.remove(file(near));
    const { entry, text } = await compared(base, near);
    assert.equal(entry.verdict, "within noise");
    assert.match(text, /sacrebleu: one run each; the translations could not be compared/);
  });
});

Deno.test("other texts cannot be paired", async () => {
  await inFolder(async (path) => {
    const base = await side(path("base"), [0.1]);
    const { entry } = await compared(base, await side(path("other"), [0.1], { text: 1 }));
    assert.equal(entry.method, "stored intervals");
    assert.match(entry.reason ?? "", /the texts of the two results differ/);
  });
});

Deno.test("BLEU of tokenised text is compared by its intervals, which must exist", async () => {
  await inFolder(async (path) => {
    const [base, worse] = [await side(path("base"), [0.1]), await side(path("worse"), [0.2])];
    const find = async () =>
      (await compared(base, worse)).diff.entries.find(({ metric }) => metric === "bleu");
    const entry = await find();
    assert.equal(entry?.method, "stored intervals");
    assert.equal(entry?.verdict, "regressed");
    assert.equal(entry?.reason, "one run each");
    for (const metric of worse.result.rows[0].metrics) metric.interval = null;
    const without = await find();
    assert.equal(without?.verdict, "incomparable");
    assert.match(without?.reason ?? "", /the new result has no interval of it/);
  });
});

Deno.test("scores by other rules are not compared", async () => {
  await inFolder(async (path) => {
    const [base, now] = [await side(path("base"), [0.1]), await side(path("now"), [0.2])];
    for (const metric of now.result.rows[0].metrics) {
      if (metric.signature !== undefined) metric.signature = "nrefs:1|case:lc";
    }
    const { entry } = await compared(base, now);
    assert.equal(entry.verdict, "incomparable");
    assert.match(
      entry.reason ?? "",
      /sacrebleu by other rules: nrefs:1\|case:mixed.* → nrefs:1\|case:lc/,
    );
  });
});

Deno.test("a stored interval is as wide as the level asks for", async () => {
  await inFolder(async (path) => {
    const [base, now] = [await side(path("base"), [0.1]), await side(path("now"), [0.11])];
    const widthAt = (alpha: number) => {
      const options = { alpha, minimumEffect: 0.01 };
      const named = ({ path, result }: Side) => ({ name: path, result });
      const { entries } = diffResults(named(base), named(now), options);
      const interval = entries.find(({ metric }) => metric === "bleu")?.interval;
      assert.ok(interval);
      return interval.high - interval.low;
    };
    assert.ok(Math.abs(widthAt(0.01) / widthAt(0.05) - 2.5758 / 1.96) < 1e-3);
  });
});
