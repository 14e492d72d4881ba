import assert from "node:assert/strict";
import { freshGraph } from "../graph/build.ts";
import { mul } from "../../kernels/elementwise/mod.ts";
import { ModelContext } from "./context.ts";
import { normal, ones, zeros } from "./initializers.ts";

Deno.test("parameters get scoped names, and asking twice shares them", () => {
  freshGraph(() => {
    const ctx = new ModelContext({ training: true });
    const get = () =>
      ctx.scope("layers.0", () => ctx.scope("fc1", () => ctx.parameter("weight", [2, 3], zeros)));
    assert.equal(get(), get());
    const { parameters, count } = ctx.collected;
    assert.deepEqual(parameters.map(({ name }) => name), ["layers.0.fc1.weight"]);
    assert.equal(count, 6);
    assert.throws(
      () => ctx.parameter("layers.0.fc1.weight", [3, 2], zeros),
      /layers\.0\.fc1\.weight has shape \[2,3\]/,
    );
  });
});

Deno.test("an alias is another name of one parameter", () => {
  freshGraph(() => {
    const ctx = new ModelContext({ training: true });
    const table = ctx.parameter("embed.weight", [4, 2], normal(1));
    ctx.scope("output", () => ctx.alias("weight", "embed.weight"));
    const shared = ctx.scope("output", () => ctx.parameter("weight", [4, 2], zeros));
    assert.equal(shared, table);
    assert.equal(ctx.collected.count, 8);
    assert.deepEqual([...ctx.collected.aliases], [["output.weight", "embed.weight"]]);
  });
});

Deno.test("a state that was updated is read as its new value in the same step", () => {
  freshGraph(() => {
    const ctx = new ModelContext({ training: true });
    const before = ctx.state("mean", [3], 0);
    const after = mul(before, 2);
    ctx.updateState("mean", after);
    assert.equal(ctx.state("mean", [3], 0), after);
    assert.equal(ctx.stateUpdates.get("mean"), after);
    assert.deepEqual(ctx.collected.states, [{ name: "mean", shape: [3], initial: 0 }]);
  });
});

Deno.test("initial values depend on seed and name but not on the order of creation", () => {
  const values = (names: readonly string[], seed: number) =>
    freshGraph(() => {
      const ctx = new ModelContext({ training: true });
      for (const name of names) ctx.parameter(name, [5], normal(1));
      ctx.state("running_var", [2], 1);
      return ctx.collected.initialize(seed);
    });
  const forward = values(["a", "b"], 7);
  const backward = values(["b", "a"], 7);
  assert.deepEqual(forward.get("a"), backward.get("a"));
  assert.notDeepEqual(forward.get("a"), forward.get("b"));
  assert.notDeepEqual(forward.get("a"), values(["a"], 8).get("a"));
  assert.deepEqual(forward.get("running_var"), Float32Array.of(1, 1));
});

Deno.test("initializers are constants where they should be", () => {
  freshGraph(() => {
    const ctx = new ModelContext({ training: false });
    ctx.parameter("scale", [3], ones);
    assert.deepEqual(ctx.collected.initialize(1).get("scale"), Float32Array.of(1, 1, 1));
  });
});
