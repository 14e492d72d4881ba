import { canonicalHash } from "../../util/canonical_hash.ts";
import type { Result } from "../schema.ts";
import { compareKernels } from "./compare_kernels.ts";
import { comparePerformance } from "./compare_performance.ts";
import { compareRuns } from "./compare_runs.ts";
import type { TranslationsByRecord } from "./compare_translations.ts";
import {
  defaultDiffOptions,
  type DiffEntry,
  type DiffOptions,
  type Verdict,
  verdicts,
} from "./diff_entry.ts";
import { matchRows } from "./match_rows.ts";

/** All comparisons between two results. */
export interface ResultDiff {
  options: DiffOptions;
  suite: string;
  profile: string;
  old: DiffSource;
  new: DiffSource;
  entries: DiffEntry[];
  counts: Record<Verdict, number>;
}

/** What a side of a diff comes from. */
export interface DiffSource {
  /** Name by which the user knows it, usually its path. */
  name: string;
  commit: string | null;
  startedAt: string;
}

/** A result and the name by which the user knows it. */
export interface NamedResult {
  name: string;
  result: Result;
  /** Translations of its runs (`readResultTranslations`); without them BLEU is compared less well. */
  translations?: TranslationsByRecord;
}

/**
 * Compares two results of the same suite. Everything in either of them becomes an entry; what
 * cannot be compared says why.
 */
export function diffResults(
  old: NamedResult,
  now: NamedResult,
  options: DiffOptions = defaultDiffOptions,
): ResultDiff {
  const obstacle = settingsObstacle(old.result, now.result);
  const environments = { old: old.result.environment, new: now.result.environment };
  const translations = new Map([...old.translations ?? [], ...now.translations ?? []]);
  const entries = matchRows(old.result.rows, now.result.rows).flatMap((pair) => {
    const known = obstacle === null ? pair : { ...pair, obstacle: pair.obstacle ?? obstacle };
    return [
      ...compareRuns(known, options, translations),
      ...comparePerformance(known, environments, options),
    ];
  });
  entries.push(...compareKernels(old.result, now.result, options));
  const count = (verdict: Verdict) => entries.filter((entry) => entry.verdict === verdict).length;
  return {
    options,
    suite: now.result.suite,
    profile: now.result.profile,
    old: sourceOf(old),
    new: sourceOf(now),
    entries,
    counts: {
      improved: count("improved"),
      regressed: count("regressed"),
      "within noise": count("within noise"),
      incomparable: count("incomparable"),
    },
  };
}

/** Exit code of the command: 1 on a regression, 2 when nothing was comparable, else 0. */
export function diffExitCode({ counts }: ResultDiff): 0 | 1 | 2 {
  if (counts.regressed > 0) return 1;
  const comparable = verdicts.some((verdict) => verdict !== "incomparable" && counts[verdict] > 0);
  return comparable ? 0 : 2;
}

function settingsObstacle(old: Result, now: Result): string | null {
  const obstacles: string[] = [];
  if (old.suite !== now.suite) obstacles.push(`suite ${old.suite} → ${now.suite}`);
  if (old.profile !== now.profile) obstacles.push(`profile ${old.profile} → ${now.profile}`);
  if (canonicalHash(old.overrides) !== canonicalHash(now.overrides)) {
    const show = ({ overrides }: Result) =>
      Object.entries(overrides).map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(
        " ",
      ) ||
      "none";
    obstacles.push(`overrides ${show(old)} → ${show(now)}`);
  }
  return obstacles.length === 0 ? null : obstacles.join("; ");
}

function sourceOf({ name, result }: NamedResult): DiffSource {
  return { name, commit: result.environment.git.commit, startedAt: result.startedAt };
}
