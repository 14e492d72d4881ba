/** Which of several settings of a model stands in tables: fair tuning by validation. */
import { formatScore } from "../results/display/score_format.ts";
import type { RunRole } from "../results/schema_row.ts";
import { mean } from "../results/statistics.ts";
import { canonicalHash, type JsonValue } from "../util/canonical_hash.ts";
import { modelKey } from "./conflicts.ts";
import { peakRate } from "./peak_rate.ts";
import type { CompleteCell } from "./stored_cell.ts";
import { validationScore } from "./validation_score.ts";

/** A cell with its part in a result. */
export interface ChosenCell {
  readonly cell: CompleteCell;
  readonly role: RunRole;
  /** Tells trials apart whose peak learning rate is the same; undefined where it does. */
  readonly trial: string | undefined;
}

/** The cells of one model in one setting. */
interface Candidate {
  readonly hash: string;
  readonly peak: number | undefined;
  readonly setting: Readonly<Record<string, JsonValue>>;
  readonly runs: readonly CompleteCell[];
}

/** Which settings were chosen. */
export interface Choices {
  /** The runs by which a setting was chosen are in here twice, as a trial and as final. */
  readonly chosen: readonly ChosenCell[];
  /** One line for every choice. */
  readonly lines: readonly string[];
  /** Those of the lines that a reader of the result should know. */
  readonly doubts: readonly string[];
}

/**
 * Gives every cell its part: where a model has runs in several settings, those of the setting with
 * the best mean validation score are final and the others trials. Settings are compared on the
 * seeds that all of them have, where there are any.
 *
 * @param cells Of one suite, profile and adapter, each once.
 */
export function chooseSettings(cells: readonly CompleteCell[]): Choices {
  const chosen: ChosenCell[] = [];
  const lines: string[] = [];
  const doubts: string[] = [];
  for (const [name, group] of Map.groupBy(cells, ({ identity }) => modelKey(identity))) {
    const candidates = candidatesOf(group);
    if (candidates.length === 1) {
      chosen.push(...group.map((cell) => ({ cell, role: "final", trial: undefined } as const)));
      continue;
    }
    const { best, seeds, line, doubtful } = choose(candidates);
    lines.push(`${name}: ${line}`);
    if (doubtful) doubts.push(`${name}: ${line}`);
    for (const candidate of candidates) {
      const alike = candidates.filter(({ peak }) => peak === candidate.peak);
      const label = `${candidate.peak ?? "none"}-${candidate.hash.slice(0, 8)}`;
      const trial = alike.length > 1 ? label : undefined;
      for (const cell of candidate.runs) {
        const final = candidate === best;
        if (final) chosen.push({ cell, role: "final", trial: undefined });
        if (!final || seeds.includes(cell.identity.seed)) {
          chosen.push({ cell, role: "trial", trial });
        }
      }
    }
  }
  return { chosen, lines, doubts };
}

/** By rising learning rate. */
function candidatesOf(cells: readonly CompleteCell[]): Candidate[] {
  const groups = Map.groupBy(cells, ({ identity }) => canonicalHash(identity.setting));
  return [...groups].map(([hash, runs]): Candidate => {
    const [{ done, identity: { setting } }] = runs;
    return { hash, peak: peakRate(done.row), setting, runs };
  }).toSorted((a, b) => (a.peak ?? 0) - (b.peak ?? 0) || (a.hash < b.hash ? -1 : 1));
}

/** A setting that was chosen from several. */
interface Choice {
  readonly best: Candidate;
  /** Seeds whose scores decided. */
  readonly seeds: readonly number[];
  readonly line: string;
  readonly doubtful: boolean;
}

function choose(candidates: readonly Candidate[]): Choice {
  const [first] = candidates;
  const { score } = first.runs[0].done.row;
  const common = seedsOf(first).filter((seed) =>
    candidates.every((one) => seedsOf(one).includes(seed))
  );
  const ranked = candidates.flatMap((candidate) => {
    const value = meanScore(candidate, common);
    return value === undefined ? [] : [{ candidate, value }];
  }).toSorted((a, b) => score.higherIsBetter ? b.value - a.value : a.value - b.value);
  const count = `${candidates.length} settings`;
  if (ranked.length === 0) {
    const [best] = candidates.toSorted((a, b) => b.runs.length - a.runs.length);
    const text = differenceText(best, candidates);
    return {
      best,
      seeds: common,
      line: `none of ${count} has a score on validation with all seeds: ${text} stands for them`,
      doubtful: true,
    };
  }
  const [{ candidate: best, value }] = ranked;
  const seeds = common.length > 0 ? common : seedsOf(best);
  const over = `${seeds.length === 1 ? "seed" : "mean of seeds"} ${seeds.join(", ")}`;
  const unlike = common.length > 0 ? "" : "; no seed was run with all of them";
  return {
    best,
    seeds,
    line: `${differenceText(best, candidates)} is the best of ${count} by validation ` +
      `(${score.name} ${formatScore(value, score.unit)}, ${over}${unlike})`,
    doubtful: common.length === 0,
  };
}

const seedsOf = ({ runs }: Candidate) =>
  runs.map(({ identity }) => identity.seed).toSorted((a, b) => a - b);

/** Undefined when one of the runs has no score: a setting that may diverge is not chosen. */
function meanScore({ runs }: Candidate, common: readonly number[]): number | undefined {
  const compared = common.length === 0
    ? runs
    : runs.filter(({ identity }) => common.includes(identity.seed));
  const values = compared.map(({ done }) => validationScore(done.row));
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? mean(known) : undefined;
}

const names: Readonly<Record<string, string>> = {
  "schedule.peak": "learning rate",
  batchSize: "batch size",
};

/** What tells a setting from the others, for example `learning rate 0.01, batch size 16`. */
function differenceText({ setting }: Candidate, all: readonly Candidate[]): string {
  const own = new Map(leaves(setting));
  const maps = all.map((one) => new Map(leaves(one.setting)));
  const keys = new Set(maps.flatMap((map) => [...map.keys()]));
  return [...keys].filter((key) => maps.some((map) => map.get(key) !== own.get(key)))
    .map((key) => `${names[key] ?? key} ${own.get(key) ?? "none"}`).join(", ");
}

function leaves(value: JsonValue, path = ""): [string, string][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [[path, JSON.stringify(value)]];
  }
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, path === "" ? key : `${path}.${key}`)
  );
}
