import assert from "node:assert/strict";
import { UserError } from "../errors.ts";
import { chooseAdapter } from "./adapter_choice.ts";

const choose = (args: string[], value?: string) => chooseAdapter(args, () => value);

Deno.test("chooseAdapter falls back to a software adapter by itself", () => {
  const { choice, rest } = choose(["--task", "listops"]);
  assert.deepEqual(choice, { when: "auto", kinds: ["mesa", "swiftshader"] });
  assert.deepEqual(rest, ["--task", "listops"]);
});

Deno.test("chooseAdapter obeys the variable", () => {
  assert.equal(choose([], "0").choice.when, "never");
  assert.equal(choose([], "1").choice.when, "always");
  assert.deepEqual(choose([], "swiftshader").choice, { when: "always", kinds: ["swiftshader"] });
  assert.throws(() => choose([], "yes"), UserError);
});

Deno.test("chooseAdapter lets the flag win over the variable and removes it", () => {
  const { choice, rest } = choose(["--no-software-adapter", "--seeds=1"], "1");
  assert.equal(choice.when, "never");
  assert.deepEqual(rest, ["--seeds=1"]);
});
