import assert from "node:assert/strict";
import { join } from "node:path";
import { add, mul } from "../../kernels/elementwise/mod.ts";
import { input } from "../../kernels/source/mod.ts";
import { interpret } from "../compiler/evaluate.ts";
import { assertClose, testDevice } from "../compiler/testing.ts";
import { UserError } from "../errors.ts";
import { freshGraph } from "../graph/build.ts";
import { decode } from "../models/language_model.ts";
import type { LanguageModelConfig } from "../models/language_model_config.ts";
import { initialParameters, tinyMega } from "../models/language_model_testing.ts";
import { ModelContext } from "../nn/context.ts";
import { normal } from "../nn/initializers.ts";
import { Inference } from "./inference.ts";
import type { TrainedValues } from "./session_state.ts";
import { loadModel, saveModel } from "./model_file.ts";
import type { ModelFunction } from "./workload.ts";

const vocabulary = 7;
const chunk = 4;
const config = tinyMega(vocabulary, { chunk });
const tokens = Int32Array.of(2, 5, 3, 3, 6, 4);
const extents = { batch: 1, length: 1 };
const where = "model.safetensors";

/** Logits of the next tokens, one piece after the other. */
function decoding(config: LanguageModelConfig): ModelFunction {
  return (context, { batch, length }) => {
    const read = input("tokens", [batch, length], "i32");
    const run = { carried: true, step: { capacity: chunk } };
    return { outputs: { logits: decode(config, context, read, run).logits() } };
  };
}

/** Logits [1, L, V] of one pass over all tokens, by the float64 references. */
function fullPass(parameters: ReadonlyMap<string, Float32Array>): Float64Array {
  const logits = freshGraph(() => {
    const context = new ModelContext({ training: false });
    const read = input("tokens", [1, tokens.length], "i32");
    return decode(config, context, read, { carried: false }).logits();
  });
  const feeds = new Map<string, ArrayLike<number>>([...parameters, ["tokens", tokens]]);
  const [{ data }] = interpret([logits], feeds);
  return Float64Array.from(data);
}

/** Logits of the tokens, read one by one from a fresh state. */
async function stepByStep(inference: Inference): Promise<number[]> {
  const logits: number[] = [];
  for (const [i, token] of tokens.entries()) {
    const feeds = new Map([["tokens", Int32Array.of(token)]]);
    logits.push(...await inference.step({ feeds, extents, fresh: i === 0 }).read("logits"));
  }
  return logits;
}

/** A model as it comes from its file. */
async function saved(values: TrainedValues): Promise<TrainedValues> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, where);
    await saveModel(path, {
      format: "mega-webgpu/model-1",
      kind: "language-model",
      task: "tiny",
      model: "mega",
      seed: 1,
      config,
      dictionary: "",
      unit: "character",
    }, values);
    return (await loadModel(path)).values;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const parameters = initialParameters(config, 3);
const without: TrainedValues = { parameters, states: new Map() };

Deno.test("a model from its file gives, token by token, the logits of one pass, and anew when fresh", async () => {
  const device = await testDevice("software");
  const before = [device.liveBytes, device.liveBuffers];
  {
    const values = await saved(without);
    using inference = new Inference(device, { model: decoding(config), extents, values, where });
    assert.ok(device.liveBytes > before[0]);
    const first = await stepByStep(inference);
    assertClose("logits", first, fullPass(parameters), 2e-5);
    assert.deepEqual(await stepByStep(inference), first);
  }
  assert.deepEqual([device.liveBytes, device.liveBuffers], before);
});

Deno.test("values of another model are refused with one line, and leave nothing behind", async () => {
  const device = await testDevice("software");
  const before = [device.liveBytes, device.liveBuffers];
  const [name] = parameters.keys();
  const wrong = new Map(parameters).set(name, new Float32Array(3));
  const missing = new Map(parameters);
  missing.delete(name);
  for (const values of [wrong, missing]) {
    assert.throws(
      () =>
        new Inference(device, {
          model: decoding(config),
          extents,
          values: { parameters: values, states: new Map() },
          where,
        }),
      (error: unknown) =>
        error instanceof UserError && !error.message.includes("\n") &&
        error.message.startsWith(`${where}: ${name} does not have the shape [`),
    );
  }
  assert.deepEqual([device.liveBytes, device.liveBuffers], before);
});

/** A running sum of inputs, scaled by a parameter and shifted by a state of the model. */
const summing: ModelFunction = (context, { rows }) => {
  const total = add(context.carried("total", [1]), input("x", [1]));
  context.carry("total", total);
  const scaled = mul(total, context.parameter("scale", [1], normal(1)));
  return { outputs: { y: add(add(scaled, context.state("shift", [1], 0)), rows) } };
};

Deno.test("states come from the file; carried state goes on, also between programs of several shapes", async () => {
  const device = await testDevice("software");
  const before = [device.liveBytes, device.liveBuffers];
  {
    using inference = new Inference(device, {
      model: summing,
      extents: { rows: 1 },
      values: {
        parameters: new Map([["scale", Float32Array.of(2)]]),
        states: new Map([["shift", Float32Array.of(0.5)]]),
      },
      where,
    });
    const y = async (x: number, rows: number, fresh: boolean) =>
      (await inference.step({
        feeds: new Map([["x", Float32Array.of(x)]]),
        extents: { rows },
        fresh,
      }).read("y"))[0];
    assert.equal(await y(3, 1, true), 7.5);
    assert.equal(await y(1, 1, false), 9.5);
    assert.equal(await y(1, 2, false), 12.5);
    assert.equal(await y(1, 1, false), 13.5);
    assert.equal(await y(1, 2, true), 4.5);
    assert.equal(await y(1, 1, false), 5.5);
  }
  assert.deepEqual([device.liveBytes, device.liveBuffers], before);
});
