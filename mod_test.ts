import assert from "node:assert/strict";
import * as api from "./mod.ts";

Deno.test("the public entry loads and has what a program needs to train and to translate", () => {
  const needed = [
    "buildTranslation",
    "Inference",
    "openDevice",
    "Session",
    "TrainingRun",
    "translate",
  ];
  for (const name of needed) assert.ok(name in api, name);
});
