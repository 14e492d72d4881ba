import assert from "node:assert/strict";
import { transferProgress } from "./transfer_progress.ts";

const MIB = 2 ** 20;

Deno.test("a log gets a line every ten seconds, and the end", () => {
  const lines: string[] = [];
  let at = 0;
  const show = transferProgress("text", {
    write: (line) => lines.push(line),
    isTerminal: false,
    now: () => at,
  });
  for (let second = 0; second <= 25; second++) {
    at = 1000 * second;
    show(4 * MIB * second, 100 * MIB);
  }
  assert.deepEqual(lines, [
    "text: 0 B of 100.0 MiB (0 %)\n",
    "text: 40.0 MiB of 100.0 MiB (40 %), 4.0 MiB/s, 15 s left\n",
    "text: 80.0 MiB of 100.0 MiB (80 %), 4.0 MiB/s, 5.0 s left\n",
    "text: 100.0 MiB of 100.0 MiB (100 %), 4.0 MiB/s\n",
  ]);
});

Deno.test("a terminal has one line that is rewritten; a resumed part does not count as speed", () => {
  const texts: string[] = [];
  let at = 0;
  const show = transferProgress("text", {
    write: (text) => texts.push(text),
    isTerminal: true,
    now: () => at,
  });
  show(50 * MIB, 60 * MIB);
  at = 50;
  show(51 * MIB, 60 * MIB);
  at = 1000;
  show(60 * MIB, 60 * MIB);
  assert.deepEqual(texts, [
    "\rtext: 50.0 MiB of 60.0 MiB (83 %)\x1b[K",
    "\rtext: 60.0 MiB of 60.0 MiB (100 %), 10.0 MiB/s\x1b[K\n",
  ]);
});

Deno.test("without a total the bytes so far are shown", () => {
  const texts: string[] = [];
  transferProgress("x", { write: (text) => texts.push(text), isTerminal: false })(
    3 * MIB,
    undefined,
  );
  assert.deepEqual(texts, ["x: 3.0 MiB\n"]);
});
