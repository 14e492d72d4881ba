/** `diff`: compares two result files. */
import { Command, Option } from "@commander-js/extra-typings";
import { InvalidArgumentError } from "commander";
import { resolve } from "node:path";
import { UserError } from "../errors.ts";
import { readResultTranslations } from "../results/diff/compare_translations.ts";
import { diffExitCode, diffResults, type NamedResult } from "../results/diff/diff_results.ts";
import { defaultDiffOptions } from "../results/diff/diff_entry.ts";
import { diffFormats, renderDiff } from "../results/diff/render_diff.ts";
import { readResult } from "../results/store.ts";
import { inspectTerminal } from "../util/terminal.ts";

/** A number between the bounds, both excluded unless `closed`. */
function numberBetween(low: number, high: number, closed = false): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? NaN : Number(text);
    const inside = closed ? value >= low && value <= high : value > low && value < high;
    if (!inside) throw new InvalidArgumentError(`expected a number from ${low} to ${high}`);
    return value;
  };
}

/**
 * Refuses a comparison that says nothing.
 *
 * @throws {UserError} when both are one file, of other suites, or hold no runs.
 */
async function checkSides(old: NamedResult, now: NamedResult): Promise<void> {
  if (await isSameFile(old.name, now.name)) {
    throw new UserError(`${old.name} and ${now.name} are the same file: give two results`);
  }
  for (const { name, result: { rows, kernels } } of [old, now]) {
    if (rows.length + kernels.length === 0) {
      throw new UserError(`${name}: holds no runs: nothing to compare`);
    }
  }
  const [left, right] = [old.result.suite, now.result.suite];
  if (left !== right) {
    throw new UserError(
      `${old.name} is of the suite ${left}, ${now.name} of ${right}: give results of one suite`,
    );
  }
}

async function isSameFile(left: string, right: string): Promise<boolean> {
  if (resolve(left) === resolve(right)) return true;
  const [a, b] = [await Deno.stat(left), await Deno.stat(right)];
  // Windows knows no inodes.
  return a.ino !== null && a.ino === b.ino && a.dev === b.dev;
}

async function readNamed(path: string): Promise<NamedResult> {
  const result = await readResult(path);
  return { name: path, result, translations: await readResultTranslations(path, result) };
}

/** The command, for `main.ts`. */
export function diffCommand(exit: (code: number) => void) {
  return new Command("diff")
    .description("Compare two result files: improved, regressed, within noise, or incomparable")
    .argument("<old>", "result file to compare with")
    .argument("<new>", "result file to judge")
    .addOption(
      new Option("--format <name>", "form of the output").choices(diffFormats).default("text"),
    )
    .option(
      "--minimum-effect <points>",
      "smallest change of an accuracy that counts, percentage points",
      numberBetween(0, 100, true),
      100 * defaultDiffOptions.minimumEffect,
    )
    .option(
      "--alpha <p>",
      "two-sided significance level",
      numberBetween(0, 1),
      defaultDiffOptions.alpha,
    )
    .addHelpText(
      "after",
      `
sacreBLEU is compared by the paired bootstrap over the translations beside the results.

Exit code: 0 no regression, 1 a regression, 2 nothing comparable, also when a file is no result,
holds no runs or is of another suite, and when both are the same file.

Examples:
  deno task diff results/baselines/lra-smoke.json results/mine.json
  deno task diff old.json new.json --format markdown > comment.md
  deno task diff old.json new.json --minimum-effect 2 --alpha 0.01`,
    )
    .action(async (old, now, { format, minimumEffect, alpha }) => {
      const [left, right] = [await readNamed(old), await readNamed(now)];
      await checkSides(left, right);
      const diff = diffResults(left, right, { alpha, minimumEffect: minimumEffect / 100 });
      console.log(renderDiff(diff, format, inspectTerminal(Deno.stdout)).trimEnd());
      exit(diffExitCode(diff));
    });
}
