import assert from "node:assert/strict";
import { pathToWrite } from "./options.ts";

Deno.test("a name to write is taken as it is given, or refused", () => {
  for (const name of ["x.html", "../a b/x", "-"]) assert.equal(pathToWrite(name), name);
  for (const name of ["", "  ", "a\0b"]) assert.throws(() => pathToWrite(name), /expected a name/);
});
