import assert from "node:assert/strict";
import { SweepDisplay } from "./display.ts";
import { testJobs, testPlan, testView } from "./sweep_testing.ts";

const [a, b] = testJobs(2);
const about = { name: "s", plan: testPlan(), processes: 1 };

Deno.test("without a terminal a line tells how a job ended, and the whole sweep now and then", () => {
  let text = "";
  let time = 0;
  const display = new SweepDisplay(about, {
    write: (more) => text += more,
    isTerminal: false,
    now: () => time,
  });
  display.update([testView(a, { phase: "running" }), testView(b)]);
  time = 5000;
  display.update([testView(a, { phase: "done", seconds: 5 }), testView(b, { phase: "running" })]);
  time = 16_000;
  display.update([testView(a, { phase: "done", seconds: 5 }), testView(b, { phase: "running" })]);
  display.update([
    testView(a, { phase: "done", seconds: 5 }),
    testView(b, { phase: "failed", reason: "no data" }),
  ]);
  assert.deepEqual(text.split("\n"), [
    "sweep s: 0 of 2 done, 1 running, 1 waiting",
    "characters mega, learning-rate 0.005, seed 1: done",
    "sweep s: 1 of 2 done, 5.0 s left, 1 running",
    "characters mega, learning-rate 0.01, seed 1: failed (no data)",
    "",
  ]);
});

Deno.test("on a terminal the table is drawn over itself, and lines stay above it", () => {
  const written: string[] = [];
  const display = new SweepDisplay(about, {
    write: (text) => written.push(text),
    isTerminal: true,
    colour: false,
    size: () => ({ width: 80, height: 20 }),
  });
  display.update([testView(a)]);
  const height = written[0].split("\n").length - 1;
  display.update([testView(a)]);
  assert.ok(written[1].startsWith(`\x1b[${height}A\r\x1b[J`));
  display.message("a line");
  assert.deepEqual(written.slice(2), [`\x1b[${height}A\r\x1b[J`, "a line\n"]);
  display.update([testView(a)]);
  assert.ok(written[4].startsWith("\x1b[Jsweep s"));
});
