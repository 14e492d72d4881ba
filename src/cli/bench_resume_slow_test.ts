import assert from "node:assert/strict";
import { join } from "node:path";
import { readResult } from "../results/store.ts";
import type { ResultRow } from "../results/schema_row.ts";
import { PROJECT_ROOT } from "./paths.ts";

const slow = Deno.env.get("MEGA_SLOW") === "1";

const translationUpdates = 120;

function command(
  folder: string,
  args: readonly string[],
  stderr: "null" | "piped",
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--no-prompt",
      `--allow-read=${PROJECT_ROOT},${folder}`,
      `--allow-write=${folder}`,
      "--allow-env",
      "--allow-sys",
      join(PROJECT_ROOT, "src/cli/main.ts"),
      "bench",
      ...args,
    ],
    env: { MEGA_CACHE: join(folder, "cache"), NO_COLOR: "1" },
    stdout: "null",
    stderr,
  });
}

async function finish(folder: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await command(folder, args, "piped").output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** What must not depend on interruptions. */
function numbers(row: ResultRow) {
  const { curve, validationCurve, metrics, updatesDone, status, sample, translations } = row;
  // Names of files follow from that of the result.
  const written = translations?.map(({ file: _, ...rest }) => rest);
  return { curve, validationCurve, metrics, updatesDone, status, sample, written };
}

/**
 * Kills a run twice at some moment, resumes it, and compares it with one that was left alone.
 *
 * @returns The row of both.
 */
async function killAndResume(
  request: readonly string[],
  run: string,
  updates = 240,
): Promise<ResultRow> {
  const options = ["--profile", "smoke", "--updates", String(updates), ...request];
  const folder = await Deno.makeTempDir();
  try {
    const whole = join(folder, "whole.json");
    await finish(folder, [...options, "--output", whole]);
    const broken = join(folder, "broken.json");
    const checkpoint = join(folder, `broken.run/${run}/last.safetensors`);
    for (const [attempt, delay] of [0, 130].entries()) {
      const args = attempt === 0 ? [...options, "--output", broken] : ["--resume", broken];
      const child = command(folder, args, "null").spawn();
      const before = await exists(checkpoint) ? (await Deno.stat(checkpoint)).mtime : null;
      const changed = async () =>
        await exists(checkpoint) &&
        (await Deno.stat(checkpoint)).mtime?.getTime() !== before?.getTime();
      let ended = false;
      child.status.then(() => ended = true);
      while (!ended && !await changed()) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill("SIGKILL");
      await child.status;
      assert.equal((await readResult(broken)).finishedAt, null, "it was killed too late");
    }
    await finish(folder, ["--resume", broken]);
    const [expected] = (await readResult(whole)).rows;
    const [actual] = (await readResult(broken)).rows;
    assert.deepEqual(numbers(actual), numbers(expected));
    assert.equal(actual.updatesDone, updates);
    return actual;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "a run killed at any moment resumes to the same bits as an uninterrupted one",
  // Three child processes that compile all kernels: MEGA_SLOW=1 runs it.
  ignore: !slow,
  fn: async () => {
    await killAndResume(["--task", "listops", "--model", "mega"], "listops-mega-seed1");
  },
});

Deno.test({
  name: "so does a language model that carries state from batch to batch",
  // As above.
  ignore: !slow,
  fn: async () => {
    await killAndResume(
      ["--suite", "lm", "--task", "characters", "--model", "mega", "--carry-state"],
      "characters-mega-seed1",
    );
  },
});

const translation = ["--suite", "translation", "--task", "numbers", "--model", "mega-laplace"];

Deno.test({
  name: "so does a translation model whose updates sum batches of several shapes",
  // As above.
  ignore: !slow,
  async fn() {
    const row = await killAndResume(translation, "numbers-mega-laplace-seed1", translationUpdates);
    assert.match(row.translations?.[0].sha256 ?? "", /^[0-9a-f]{64}$/);
  },
});

Deno.test({
  name: "so does the mean of its last models, from German to English",
  // As above.
  ignore: !slow,
  async fn() {
    const averaged = [...translation, "--average", "3", "--direction", "de-en"];
    const row = await killAndResume(averaged, "numbers-mega-laplace-seed1", translationUpdates);
    assert.equal(row.task.direction, "de-en");
    assert.equal(row.validationCurve.length, 5);
  },
});
