/** Which of several settings of a model stands in tables: fair tuning by validation. */
import { formatScore } from "../results/display/score_format.ts";
import type { RunRole } from "../results/schema_row.ts";
import { mean } from "../results/statistics.ts";
import { canonicalHash, type JsonValue } from "../util/canonical_hash.ts";
import { modelKey } from "./conflicts.ts";
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

/**
 * Gives every cell its part: where a model has runs in several settings, those of the setting with
 * the best mean validation score are final and the others trials. Settings are compared on the
 * seeds that all of them have, where there are any.
 *
 * @param cells Of one suite, profile and adapter, each once.
 * @returns The cells, and one line for every choice.
 */
export function chooseSettings(
  cells: readonly CompleteCell[],
): { readonly chosen: ChosenCell[]; readonly lines: string[] } {
  const chosen: ChosenCell[] = [];
  const lines: string[] = [];
  for (const [name, group] of Map.groupBy(cells, ({ identity }) => modelKey(identity))) {
    const candidates = candidatesOf(group);
    const { best, line } = choose(candidates);
    if (line !== undefined) lines.push(`${name}: ${line}`);
    for (const candidate of candidates) {
      const same = candidates.filter(({ peak }) => peak === candidate.peak);
      const others = same.filter((other) => other !== best && other !== candidate);
      const label = `${candidate.peak ?? "none"}-${candidate.hash.slice(0, 8)}`;
      for (const cell of candidate.runs) {
        chosen.push({
          cell,
          role: candidate === best ? "final" : "trial",
          trial: others.length > 0 ? label : undefined,
        });
      }
    }
  }
  return { chosen, lines };
}

/** By rising learning rate. */
function candidatesOf(cells: readonly CompleteCell[]): Candidate[] {
  const groups = Map.groupBy(cells, ({ identity }) => canonicalHash(identity.setting));
  return [...groups].map(([hash, runs]): Candidate => {
    const { peak } = runs[0].done.row.schedule.configuration;
    const { setting } = runs[0].identity;
    return { hash, peak: typeof peak === "number" ? peak : undefined, setting, runs };
  }).toSorted((a, b) => (a.peak ?? 0) - (b.peak ?? 0) || (a.hash < b.hash ? -1 : 1));
}

function choose(
  candidates: readonly Candidate[],
): { readonly best: Candidate; readonly line: string | undefined } {
  const [first] = candidates;
  if (candidates.length === 1) return { best: first, line: undefined };
  const { score } = first.runs[0].done.row;
  const common = seedsOf(first).filter((seed) =>
    candidates.every((one) => seedsOf(one).includes(seed))
  );
  const ranked = candidates.flatMap((candidate) => {
    const value = meanScore(candidate, common);
    return value === undefined ? [] : [{ candidate, value }];
  }).toSorted((a, b) => score.higherIsBetter ? b.value - a.value : a.value - b.value);
  const winner = ranked.at(0);
  const count = `${candidates.length} settings`;
  if (winner === undefined) {
    const [most] = candidates.toSorted((a, b) => b.runs.length - a.runs.length);
    const text = differenceText(most, candidates);
    return {
      best: most,
      line: `none of ${count} has a score on validation with all seeds: ${text} stands for them`,
    };
  }
  const seeds = common.length > 0 ? common : seedsOf(winner.candidate);
  const over = `${seeds.length === 1 ? "seed" : "mean of seeds"} ${seeds.join(", ")}`;
  const value = `${score.name} ${formatScore(winner.value, score.unit)}`;
  const unlike = common.length > 0 ? "" : "; no seed was run with all of them";
  return {
    best: winner.candidate,
    line: `${differenceText(winner.candidate, candidates)} is the best of ${count} by validation ` +
      `(${value}, ${over}${unlike})`,
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
