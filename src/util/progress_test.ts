import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import {
  formatPlainProgress,
  formatProgress,
  ProgressReporter,
  type ProgressState,
} from "./progress.ts";

const state: ProgressState = {
  task: "listops",
  model: "mega",
  seed: 1,
  step: 504,
  total: 1200,
  loss: 1.7341,
  score: { label: "acc", text: "0.412" },
  tokensPerSecond: 12_345,
  secondsLeft: 83,
};

Deno.test("formatProgress shows every part when there is room", () => {
  assert.equal(
    formatProgress(state, 120, false),
    "listops mega seed 1  ━━━━━━━━━━━━╸─────────────────   42 %   504/1200  loss 1.734  " +
      "acc 0.412  12.3k tok/s  1:23 left",
  );
});

Deno.test("formatProgress keeps clear of the last column and drops parts by importance", () => {
  for (const model of ["mega", "mega-chunk", "transformer"]) {
    for (let width = 20; width <= 140; width++) {
      assert.ok(formatProgress({ ...state, model }, width, false).length < width, `at ${width}`);
    }
  }
  const at = (width: number) => formatProgress({ ...state, model: "transformer" }, width, false);
  assert.ok(at(102).includes("tok/s"));
  assert.ok(at(80).includes("acc 0.412  1:23 left") && at(80).includes("━━"));
  assert.ok(at(66).includes("1:23 left") && !at(66).includes("acc"));
  assert.equal(at(60), "listops transformer seed 1   504/1200  loss 1.734");
});

Deno.test("formatProgress differs from its plain form by colour codes only", () => {
  const coloured = formatProgress(state, 100, true);
  assert.notEqual(coloured, formatProgress(state, 100, false));
  assert.equal(stripVTControlCharacters(coloured), formatProgress(state, 100, false));
});

Deno.test("formatProgress copes with unknown values and with the ends of a run", () => {
  const bare = { ...state, loss: null, score: null, tokensPerSecond: null, secondsLeft: null };
  assert.ok(formatProgress({ ...bare, step: 0 }, 80, false).includes("─    0 %     0/1200"));
  const done = formatProgress({ ...bare, step: 1200 }, 80, false);
  assert.ok(done.includes("━  100 %  1200/1200") && !done.includes("─"));
});

Deno.test("formatPlainProgress is one readable line", () => {
  assert.equal(
    formatPlainProgress(state),
    "listops mega seed 1: step 504/1200 (42 %), loss 1.734, acc 0.412, 12.3k tokens/s, " +
      "1 min 23 s left",
  );
});

/** A reporter on a hand-moved clock, with what it wrote. */
function recorded(isTerminal: boolean) {
  const written: string[] = [];
  const clock = { milliseconds: 0 };
  const reporter = new ProgressReporter({
    write: (text) => written.push(text),
    isTerminal,
    colour: false,
    width: () => 100,
    now: () => clock.milliseconds,
    plainSeconds: 10,
  });
  return { written, clock, reporter };
}

Deno.test("off a terminal there is a line at the start, every few seconds and at the end", () => {
  const { written, clock, reporter } = recorded(false);
  for (let step = 1; step <= 100; step++) {
    clock.milliseconds = step * 250;
    reporter.update({ ...state, step, total: 100 });
  }
  reporter.update({ ...state, model: "transformer", step: 1, total: 100 });
  reporter.clear();
  const steps = written.map((line) => /^listops (\S+) .*step (\d+)\//.exec(line)?.slice(1).join());
  assert.deepEqual(steps, ["mega,1", "mega,41", "mega,81", "mega,100", "transformer,1"]);
  assert.ok(written.every((line) => line.endsWith("\n") && !line.includes("\x1b")));
});

Deno.test("on a terminal the line is rewritten, kept below messages and cleared", () => {
  const { written, clock, reporter } = recorded(true);
  reporter.update({ ...state, step: 1 });
  clock.milliseconds = 50;
  reporter.update({ ...state, step: 2 });
  clock.milliseconds = 150;
  reporter.update({ ...state, step: 3 });
  reporter.message("saved");
  reporter.clear();
  assert.equal(written.length, 4);
  assert.ok(written[0].startsWith("\rlistops mega seed 1") && written[0].endsWith("\x1b[K"));
  assert.ok(written[1].includes("   3/1200"));
  assert.ok(written[2].startsWith("\rsaved\x1b[K\nlistops mega seed 1"));
  assert.equal(written[3], "\r\x1b[K");
});
