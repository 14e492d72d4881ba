import { canonicalHash } from "../../util/canonical_hash.ts";
import { finalRows } from "../aggregate.ts";
import { displayName, taskTitle } from "../display_names.ts";
import type { Result } from "../schema.ts";
import type { Environment } from "../schema_environment.ts";
import type { ResultRow, TaskKind } from "../schema_row.ts";
import { trialNote } from "../trials.ts";

/** Runs that may stand in one part of a table: same suite, profile, overrides and machine. */
export interface MeasuredSet {
  suite: string;
  profile: Result["profile"];
  overrides: Result["overrides"];
  /** Machine and code of the newest of its results. */
  environment: Environment;
  /** Every final run once; where results repeat a run, the newest. */
  rows: ResultRow[];
  /** Runs that only helped to choose a setting, likewise. */
  trials: ResultRow[];
  /** Its results, oldest first. */
  results: Result[];
  /** Number of runs that a newer result replaces. */
  replaced: number;
}

/** Sorts results into sets that may be shown together, in order of first appearance. */
export function measuredSets(results: readonly Result[]): MeasuredSet[] {
  return [...Map.groupBy(results, identityOf).values()].map((group) => {
    const sorted = group.toSorted((a, b) => a.startedAt < b.startedAt ? -1 : 1);
    const newest = sorted[sorted.length - 1];
    const all = sorted.flatMap(({ rows }) => rows);
    const runs = [...new Map(all.map((row) => [runOf(row), row])).values()];
    return {
      suite: newest.suite,
      profile: newest.profile,
      overrides: newest.overrides,
      environment: newest.environment,
      rows: finalRows(runs),
      trials: runs.filter(({ role }) => role === "trial"),
      results: sorted,
      replaced: all.length - runs.length,
    };
  });
}

function identityOf({ suite, profile, overrides, environment }: Result): string {
  return canonicalHash([
    suite,
    profile,
    overrides,
    machineName(environment),
    environment.cpu.model,
  ]);
}

function runOf({ role, task, model, seed, sequenceLength, optimizer, schedule }: ResultRow) {
  const tried = role === "trial" ? canonicalHash([optimizer, schedule]) : null;
  const direction = task.direction ?? null;
  return JSON.stringify([task.name, direction, model.name, seed, sequenceLength, tried]);
}

/** The adapter as a table names it, for example `llvmpipe (LLVM 19.1.7, 256 bits)`. */
export function machineName({ adapter }: Environment): string {
  return adapter.description || adapter.device || adapter.vendor || "unknown adapter";
}

/** The sets with their runs of one kind of task alone; a set may have none. */
export function setsOfKind(sets: readonly MeasuredSet[], kind: TaskKind): MeasuredSet[] {
  const only = (rows: readonly ResultRow[]) => rows.filter(({ task }) => task.kind === kind);
  return sets.map((set) => ({ ...set, rows: only(set.rows), trials: only(set.trials) }));
}

/** Where a set is from, for example `Translation, profile quick, llvmpipe (LLVM 19.1.7, 256 bits)`. */
export function setPlace({ suite, profile, environment }: MeasuredSet): string {
  return `${displayName(suite)}, profile ${profile}, ${machineName(environment)}`;
}

/**
 * Heading of a set: that it was measured here, what is shown of it (`facts`), in which profile, with
 * which changes, on what.
 */
export function setTitle(
  { profile, overrides, environment }: MeasuredSet,
  facts: readonly string[] = [],
): string {
  const changed = Object.entries(overrides).map(([key, value]) =>
    `${key} ${JSON.stringify(value)}`
  );
  const settings = [`profile ${profile}`, ...changed].join(", ");
  return ["Measured here", ...facts, settings, machineName(environment)].join(" · ");
}

/** Footnotes on a set: seeds, commits, dates, and runs that did not complete. */
export function setNotes(set: MeasuredSet): string[] {
  const { profile, rows, results, replaced } = set;
  const counts = [
    ...Map.groupBy(
      rows,
      ({ task, model, sequenceLength }) =>
        JSON.stringify([taskTitle(task), model.name, sequenceLength]),
    ).values(),
  ].map((group) => group.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const seeds = least === most ? `${most}` : `${least} to ${most}`;
  const commits = [
    ...new Set(
      results.flatMap(({ environment: { git } }) =>
        git.commit === null ? [] : [git.commit.slice(0, 10) + (git.dirty ? " with changes" : "")]
      ),
    ),
  ];
  const days = [...new Set(results.map(({ startedAt }) => startedAt.slice(0, 10)))].toSorted();
  const facts = [
    counts.length === 0 ? "no run yet" : `${seeds} ${most === 1 ? "seed" : "seeds"} per cell`,
    commits.length === 0 ? "no commit recorded" : `commit ${commits.join(", ")}`,
    days.length > 1 ? `${days[0]} to ${days[days.length - 1]}` : days[0] ?? "",
  ];
  if (set.environment.adapter.class === "software") facts.push("software adapter");
  if (replaced > 0) facts.push(`${replaced} runs replaced by newer ones`);
  const notes = [`Profile ${profile}: ${facts.join("; ")}.`];
  const tried = trialNote(set.trials, rows);
  if (tried !== null) notes.push(`Profile ${profile}: ${tried}`);
  for (const { task, model, seed, sequenceLength, status, reason, updatesDone } of rows) {
    if (status === "completed") continue;
    const length = set.suite === "efficiency" ? ` length ${sequenceLength}` : "";
    const run = `${taskTitle(task)} ${displayName(model.name)}${length} seed ${seed}`;
    notes.push(`‡ Profile ${profile}: ${run} ${status} after ${updatesDone} updates: ${reason}.`);
  }
  return notes;
}

/** Models in the order of the paper's tables; others follow in the given order. */
export function inModelOrder(models: readonly string[]): string[] {
  const known = ["transformer", "transformer-unfused", "s4", "s4d-legs", "s4d-lin", "s4d-inv"];
  const rank = (model: string) => {
    if (model.startsWith("mega")) return known.length + 1;
    const at = known.indexOf(model);
    return at < 0 ? known.length : at;
  };
  return [...new Set(models)].sort((a, b) => rank(a) - rank(b));
}
