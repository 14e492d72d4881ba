import assert from "node:assert/strict";
import { collectEnvironment } from "./environment.ts";
import { fixtureResult } from "./result_fixture.ts";
import { environmentSchema } from "./schema_environment.ts";

const { driverOrigin: _, ...adapter } = fixtureResult().environment.adapter;

Deno.test("collectEnvironment fills the schema whatever the permissions are", async () => {
  const { environment, warnings } = await collectEnvironment(adapter);
  assert.deepEqual(environmentSchema.parse(environment), environment);
  assert.equal(environment.deno, Deno.version.deno);
  assert.ok(environment.cpu.cores >= 1);
  if (environment.git.commit === null) assert.ok(warnings.some((line) => line.includes("git")));
  if (environment.cpu.model === null) {
    assert.ok(warnings.some((line) => line.includes("processor")));
  }
});

Deno.test("collectEnvironment records no commit outside a checkout and says why", async () => {
  const { environment, warnings } = await collectEnvironment(adapter, { root: "/no/such/folder" });
  assert.deepEqual(environment.git, { commit: null, dirty: null });
  assert.ok(warnings.some((line) => line.startsWith("git commit not recorded: ")));
});
