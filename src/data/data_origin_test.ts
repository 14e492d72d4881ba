import assert from "node:assert/strict";
import { departure, originOfFolder } from "./data_origin.ts";

Deno.test("only data of the published sizes is official", () => {
  const counts = (train: number, test: number) => [
    { what: "training pairs", published: 147_086, found: train },
    { what: "test pairs", published: 17_437, found: test },
  ];
  assert.equal(departure(counts(147_086, 17_437)), undefined);
  assert.equal(departure(counts(12, 17_437)), "12 of 147,086 training pairs");
  assert.equal(
    departure(counts(1, 17_438)),
    "1 of 147,086 training pairs, 17,438 test pairs, published are 17,437",
  );
});

Deno.test("a folder that is not the official data is named on the terminal, with the reason", () => {
  const lines: string[] = [];
  const about = { id: "retrieval", folder: "/data", print: (line: string) => lines.push(line) };
  assert.deepEqual(originOfFolder(about, undefined), { origin: "official", why: undefined });
  assert.deepEqual(lines, []);
  assert.deepEqual(originOfFolder(about, "1 of 2"), { origin: "custom", why: "1 of 2" });
  assert.deepEqual(lines, [
    "retrieval: not the official data (1 of 2), results call it custom: /data",
  ]);
});
