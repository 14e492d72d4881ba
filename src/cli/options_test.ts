import assert from "node:assert/strict";
import { pathToWrite, resultToWrite } from "./options.ts";

Deno.test("a name to write is taken as it is given, or refused", () => {
  for (const name of ["x.html", "../a b/x", "-"]) assert.equal(pathToWrite(name), name);
  for (const name of ["", "  ", "a\0b"]) assert.throws(() => pathToWrite(name), /expected a name/);
});

Deno.test("a result is written to a name that ends in .json, never to another one", () => {
  for (const name of ["x.json", "a/x.json", "x.txt.json"]) assert.equal(resultToWrite(name), name);
  for (const name of ["x.txt", "x", "x.JSON.bak", ".json", "a/.json", "x.json/", ""]) {
    assert.throws(() => resultToWrite(name), { code: "commander.invalidArgument" }, name);
  }
});
