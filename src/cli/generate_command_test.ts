import assert from "node:assert/strict";
import { join } from "node:path";
import { withFolder } from "../data/data_test_folder.ts";
import type { TokenUnit } from "../data/lm/corpus.ts";
import { Dictionary } from "../data/lm/dictionary.ts";
import { initialParameters, tinyMega } from "../models/language_model_testing.ts";
import { fixtureLanguageRow, fixtureResult } from "../results/result_fixture.ts";
import { writeResult } from "../results/store.ts";
import { saveModel } from "../train/model_file.ts";
import { runCommand } from "./command_testing.ts";

/** Writes a small model of symbols that was never trained. */
async function saveTiny(path: string, unit: TokenUnit, symbols: readonly string[]): Promise<void> {
  const dictionary = Dictionary.fromCounts(new Map(symbols.map((symbol) => [symbol, 1])));
  const config = tinyMega(dictionary.size);
  const parameters = initialParameters(config, 1);
  await saveModel(path, {
    format: "mega-webgpu/model-1",
    kind: "language-model",
    task: "tiny",
    model: "mega",
    seed: 1,
    config,
    dictionary: dictionary.toText(),
    unit,
  }, { parameters, states: new Map() });
}

const generate = (folder: string, ...args: readonly string[]) =>
  runCommand(folder, ["generate", ...args]);

Deno.test("generate prints the prompt and what the model makes of it; the seed decides", () =>
  withFolder(async (folder) => {
    const run = join(folder, "model.safetensors");
    await saveTiny(run, "character", ["a", "b", " ", "é"]);
    const args = ["--run", run, "--prompt", "ab\né", "--length", "24", "--temperature", "1"];
    const [first, again, other] = await Promise.all([
      generate(folder, ...args),
      generate(folder, ...args),
      generate(folder, ...args, "--seed", "2"),
    ]);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /^ab\né[abé \n]{24}\n$/);
    assert.match(first.stderr, /^tiny mega seed 1, /m);
    assert.match(first.stderr, /^24 tokens, [\d.]+ a second$/m);
    assert.equal(again.stdout, first.stdout);
    assert.notEqual(other.stdout, first.stdout);
  }));

Deno.test("generate separates the words that it makes from those of the prompt", () =>
  withFolder(async (folder) => {
    const run = join(folder, "model.safetensors");
    await saveTiny(run, "word", ["the", "king"]);
    const { code, stdout, stderr } = await generate(
      folder,
      ...["--run", run, "--prompt", "the queen", "--length", "1", "--top-k", "2"],
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^the queen( the| king|\n)\n$/);
  }));

Deno.test("generate refuses what it cannot use in one line, with exit code 2", () =>
  withFolder(async (folder) => {
    const run = join(folder, "model.safetensors");
    await saveTiny(run, "character", ["a"]);
    const damaged = join(folder, "damaged.safetensors");
    const bytes = await Deno.readFile(run);
    bytes[bytes.length - 3] ^= 4;
    await Deno.writeFile(damaged, bytes);
    const result = join(folder, "result.json");
    await writeResult(result, { ...fixtureResult([fixtureLanguageRow()]), suite: "lm" });
    const missing = join(folder, "missing.safetensors");
    const cases: [string[], RegExp][] = [
      [["--run", missing], /missing\.safetensors/],
      [["--run", damaged], /damaged\.safetensors: damaged/],
      [["--run", result, "--model", "lstm"], /no such model; there are words mega/],
      [["--run", run, "--prompt", "ab"], /the model has never seen the character "b"/],
    ];
    await Promise.all(cases.map(async ([args, message]) => {
      const { code, stdout, stderr } = await generate(folder, ...args);
      assert.deepEqual([code, stdout], [2, ""], stderr);
      assert.match(stderr, /^error: [^\n]+\n$/);
      assert.match(stderr, message);
    }));
  }));
