import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../data/data_test_folder.ts";
import { dataOfLines, type LinePair } from "../data/translation/pair_testing.ts";
import { translationParameters } from "../models/translation_model.ts";
import { tinyTranslation } from "../models/translation_testing.ts";
import { fixtureLanguageRow, fixtureResult } from "../results/result_fixture.ts";
import { writeResult } from "../results/store.ts";
import { saveModel } from "../train/model_file.ts";
import { translationHead } from "../workloads/translation/translation_file.ts";
import { runCommand } from "./command_testing.ts";

const pairs: readonly LinePair[] = [["one house", "ein Haus"]];
const search = { beam: 1, lengthPenalty: 1, maxLengthA: 0, maxLengthB: 4 };

/** Writes a small model that was never trained. */
async function saveTiny(path: string): Promise<void> {
  const data = dataOfLines({ train: pairs, valid: pairs, test: pairs });
  const config = tinyTranslation("transformer", { vocabulary: data.dictionary.size });
  const batching = {
    sourcePadding: "right",
    maxTokens: 8,
    shapes: 1,
    maxLength: 8,
    validation: search,
    final: search,
    limits: {},
  } as const;
  await saveModel(path, translationHead(config, data, batching, "transformer", 1), {
    parameters: translationParameters(config).initialize(1),
    states: new Map(),
  });
}

const translate = (folder: string, input: string, ...args: readonly string[]) =>
  runCommand(folder, ["translate", ...args], input);

Deno.test("translate writes a line for every line, from the standard input or a file", () =>
  withFolder(async (folder) => {
    const run = join(folder, "model.safetensors");
    await saveTiny(run);
    const lines = "one house\n\nhouse\nhouse one house";
    const file = join(folder, "lines.txt");
    await Deno.writeTextFile(file, lines);
    const limits = ["--max-len-a", "0", "--max-len-b", "4", "--batch", "2", "--beam", "2"];
    const args = ["--run", run, ...limits];
    const [read, piped] = await Promise.all([
      translate(folder, "", ...args, "--input", file),
      translate(folder, lines, ...args, "--nbest", "2", "--scores"),
    ]);
    assert.equal(read.code, 0, read.stderr);
    const written = read.stdout.split("\n");
    assert.deepEqual([written.length, written[1], written[4]], [5, "", ""]);
    for (const at of [0, 2, 3]) assert.match(written[at], /^(\S+ ){0,3}\S+$/);
    assert.match(read.stderr, /^tiny transformer seed 1, /m);
    assert.match(read.stderr, /^4 lines, \d+ tokens a second$/m);

    // Two for each line but the empty one.
    const all = piped.stdout.split("\n").slice(0, -1).map((line) => line.split("\t"));
    assert.equal(all.length, 7, piped.stderr);
    assert.deepEqual([0, 2, 3, 5].map((at) => all[at][1]), written.slice(0, 4));
    assert.deepEqual(all[2], ["0.0000", ""]);
    for (const at of [0, 3, 5]) {
      const [best, next] = [all[at], all[at + 1]].map(([score]) => Number(score));
      assert.ok(best >= next && best < 0);
      assert.match(all[at][0], /^-\d+\.\d{4}$/);
    }
  }));

Deno.test("translate refuses what it cannot use in one line, with exit code 2", () =>
  withFolder(async (folder) => {
    const run = join(folder, "model.safetensors");
    await saveTiny(run);
    const language = join(folder, "language.safetensors");
    await saveModel(language, {
      format: "mega-webgpu/model-1",
      kind: "language-model",
      task: "words",
      model: "mega",
      seed: 1,
      config: {},
      dictionary: "",
      unit: "word",
    }, { parameters: new Map(), states: new Map() });
    const result = join(folder, "result.json");
    await writeResult(result, { ...fixtureResult([fixtureLanguageRow()]), suite: "lm" });
    const cases: [string, string[], RegExp][] = [
      ["", ["--run", join(folder, "missing.safetensors")], /missing\.safetensors/],
      ["", ["--run", language], /a language model: use deno task generate$/],
      ["", ["--run", result], /no translation model was trained to its end: run deno task bench/],
      ["", ["--run", run, "--input", join(folder, "none.txt")], /none\.txt/],
      ["house\n" + "house ".repeat(16), ["--run", run], /line 2: 17 tokens, .* at most 16: /],
      ["", ["--run", run, "--beam", "0"], /'--beam <n>' .*a whole number from 1 to 100$/],
      ["", ["--run", run, "--nbest", "101"], /'--nbest <n>' .*a whole number from 1 to 100$/],
      ["", ["--run", run, "--lenpen", "-1"], /'--lenpen <x>' .*a number of at least 0$/],
      ["", [], /required option '--run <file>' not specified$/],
    ];
    await Promise.all(cases.map(async ([input, args, message]) => {
      const { code, stdout, stderr } = await translate(folder, input, ...args);
      assert.deepEqual([code, stdout], [2, ""], stderr);
      const errors = stderr.split("\n").filter((line) => line.startsWith("error: "));
      assert.equal(errors.length, 1, stderr);
      assert.match(errors[0], message);
      assert.ok(!/^\s+at /m.test(stderr), stderr);
    }));
  }));
