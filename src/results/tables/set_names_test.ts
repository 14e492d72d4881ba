import assert from "node:assert/strict";
import type { Result } from "../schema.ts";
import { fixtureArena } from "../report/report_fixture.ts";
import { fixtureLanguage } from "../result_fixture.ts";
import { measuredSets } from "./measured_set.ts";
import { setNames } from "./set_names.ts";

Deno.test("sets are named by their profile, and by their machine where profiles repeat", () => {
  const here = fixtureArena();
  const { environment } = here;
  const there = {
    ...here,
    environment: {
      ...environment,
      adapter: { ...environment.adapter, description: "GPU (X) 80GB" },
    },
  };
  const changed = { ...there, overrides: { updates: 10 } };
  const names = (...results: Result[]) => [...setNames(measuredSets(results)).values()];
  assert.deepEqual(names(here).map(({ title }) => title), [here.profile]);
  assert.deepEqual(names(here, there, changed).slice(1), [
    { title: `${here.profile}, GPU (X) 80GB`, id: `${here.profile}-gpu-x-80gb` },
    { title: `${here.profile}, GPU (X) 80GB (2)`, id: `${here.profile}-gpu-x-80gb-2` },
  ]);
});

Deno.test("sets of two suites that share a task have ids of their own", () => {
  const arena = fixtureArena([1]);
  const names = setNames(measuredSets([
    arena,
    { ...arena, suite: "overview" },
    { ...fixtureLanguage(), suite: "lm" },
  ]));
  assert.deepEqual([...names.values()].map(({ id }) => id), ["quick", "overview-quick", "quick"]);
});
