import assert from "node:assert/strict";
import { join } from "node:path";
import { codeVersion } from "../cells/code_version.ts";
import { withFolder } from "../data/data_test_folder.ts";
import { sha256Hex } from "../util/sha256.ts";
import { type BenchRecord, readRun, runName, saveRun } from "./bench_plan.ts";
import { planOf } from "./bench_request.ts";
import { runCommand } from "./command_testing.ts";
import { PROJECT_ROOT } from "./paths.ts";

const bench = (folder: string, ...args: readonly string[]) =>
  runCommand(folder, ["bench", "--cells", join(folder, "cells"), ...args], "", true);

/** Runs a command that must be refused before anything is computed. @returns Its one line. */
async function refused(folder: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await bench(folder, ...args);
  assert.deepEqual([code, stdout], [2, ""], stderr);
  assert.match(stderr, /(?:^|\n)error: [^\n]+\n$/);
  return stderr;
}

async function record(folder: string, changes: Partial<BenchRecord> = {}): Promise<BenchRecord> {
  return {
    plan: planOf(
      { profile: "smoke", task: ["listops"], model: ["mega"], seeds: [1, 2] },
      "lra",
      undefined,
    ),
    cells: join(folder, "cells"),
    output: join(folder, "mine.json"),
    code: await codeVersion(PROJECT_ROOT),
    commit: null,
    startedAt: "2026-01-31T12:00:00Z",
    result: null,
    began: [],
    ...changes,
  };
}

Deno.test("an existing result is refused before anything runs, and stays as it was", () =>
  withFolder(async (folder) => {
    const output = join(folder, "mine.json");
    await Deno.writeTextFile(output, "90 rows");
    const args = ["--task", "text", "--output", output];
    assert.match(await refused(folder, ...args), /already exists: .*--overwrite/);
    // There is no data to measure with, so there is nothing to replace it with.
    await Deno.mkdir(join(folder, "empty"));
    const data = ["--data", join(folder, "empty")];
    assert.match(await refused(folder, ...args, ...data, "--overwrite"), /text/);
    const nested = ["--task", "text", "--output", join(folder, "new", "folders", "x.json")];
    assert.match(await refused(folder, ...nested, ...data), /text/);
    assert.equal(await Deno.readTextFile(output), "90 rows");
    assert.deepEqual((await Array.fromAsync(Deno.readDir(folder))).length, 2);
  }));

Deno.test("outputs that cannot be written are refused in one line before anything runs", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "file"), "");
    const wrong: [string, RegExp][] = [
      ["", /--output "": give a file whose name ends in \.json/],
      [join(folder, "x.txt"), /ends in \.json/],
      [folder, /ends in \.json/],
      [join(folder, "file", "x.json"), /a part of the path is not a folder/],
      ["/proc/x.json", /^error: .*\/proc\/x\.json.* (?:no such file|folder)/],
      [join(folder, `${"x".repeat(300)}.json`), /the name is too long/],
    ];
    await Deno.mkdir(join(folder, "folder.json"));
    wrong.push([join(folder, "folder.json"), /this is a folder/]);
    for (const [output, message] of wrong) {
      assert.match(await refused(folder, "--task", "listops", "--output", output), message);
    }
    assert.equal((await Array.fromAsync(Deno.readDir(folder))).length, 2);
  }));

Deno.test("an output in a folder that is not there is looked at with the rights to that folder alone", () =>
  withFolder(async (folder) => {
    const inner = join(folder, "new");
    const output = ["--output", join(inner, "x.json")];
    // What is wrong is the learning rate, which is looked at after the output.
    const rates = ["--learning-rate", "1e-3", "--learning-rates", "1e-3"];
    assert.match(await refused(inner, "--task", "listops", ...output, ...rates), /leave one out/);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  }));

Deno.test("an empty data folder is refused, and what is quoted of the command line is clean", () =>
  withFolder(async (folder) => {
    assert.match(await refused(folder, "--task", "listops", "--data", ""), /folder is empty/);
    const { code, stderr } = await bench(folder, "--profile", "a\x1b[31mb\rc");
    assert.equal(code, 2);
    assert.ok(!stderr.includes("\x1b") && !stderr.includes("\r"), stderr);
  }));

Deno.test("--resume finds the latest unfinished run, and none that is finished", () =>
  withFolder(async (folder) => {
    assert.match(await refused(folder, "--resume"), /no unfinished run to resume/);
    const done = await record(folder, { result: join(folder, "done.json") });
    await saveRun(done);
    assert.match(await refused(folder, "--resume"), /no unfinished run to resume/);
    for (const which of [runName(done), done.result ?? ""]) {
      assert.match(await refused(folder, "--resume", which), /is finished and wrote .*done\.json/);
    }
    assert.match(await refused(folder, "--resume", "nothing"), /--resume nothing: no such run/);
  }));

Deno.test("--resume refuses options that contradict the run, and takes those that repeat it", () =>
  withFolder(async (folder) => {
    const code = sha256Hex("other sources");
    const run = await record(folder, { code, commit: "0123456789abcdef0123" });
    await saveRun(run);
    const wrong: [string[], RegExp][] = [
      [["--profile", "paper"], /--profile smoke: leave --profile out/],
      [["--model", "s4"], /--model mega: /],
      [["--seeds", "3"], /--seeds 1,2: /],
      [["--updates", "7"], /--updates none: /],
      [["--learning-rates", "1e-3"], /--learning-rates none: /],
      [["--output", join(folder, "other.json")], /--output .*mine\.json: /],
    ];
    for (const [args, message] of wrong) {
      assert.match(await refused(folder, "--resume", runName(run), ...args), message);
    }
    const same = ["--profile", "smoke", "--model", "mega", "--seeds", "2", "--suite", "lra"];
    assert.match(
      await refused(folder, "--resume", runName(run), ...same),
      /begun with other sources \(commit 0123456789ab\): .*--other-code/,
    );
    assert.match(
      await refused(folder, "--resume", "--other-code", "--start-over", "abc"),
      /--start-over abc: not a cell that lra-smoke-[0-9a-f]{8} began/,
    );
    assert.match(await refused(folder, "--other-code"), /only with --resume/);
    assert.deepEqual(await readRun(run.cells, runName(run)), run);
  }));

Deno.test("a stray file among the records keeps no sound run from being found", () =>
  withFolder(async (folder) => {
    const code = sha256Hex("other sources");
    await saveRun(await record(folder, { code }));
    await Deno.writeTextFile(join(folder, "cells", "runs", "x.json"), "{");
    assert.match(await refused(folder, "--resume"), /begun with other sources/);
  }));

Deno.test("a changed record of a run is an error that names the file", () =>
  withFolder(async (folder) => {
    const run = await record(folder);
    await saveRun(run);
    const path = join(run.cells, "runs", `${runName(run)}.json`);
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace('"smoke"', '"paper"'));
    assert.match(
      await refused(folder, "--resume"),
      /\.json: damaged \(its digest does not match\)/,
    );
  }));
