/** A result from cells, wherever they lie. */
import type { ProfileName } from "../data/profile_names.ts";
import { UserError } from "../errors.ts";
import type { Result } from "../results/schema.ts";
import { canonicalHash } from "../util/canonical_hash.ts";
import { chooseSettings, type ChosenCell } from "./choose_settings.ts";
import { modelKey, refuseConflicts, runKey, withoutCopies } from "./conflicts.ts";
import { deriveResult } from "./derive_result.ts";
import { peakRate } from "./peak_rate.ts";
import type { CompleteCell, StoredCell } from "./stored_cell.ts";
import { writeDerived } from "./write_derived.ts";

/** Which cells to take; what is undefined does not matter. */
export interface CellFilter {
  readonly suite?: string | undefined;
  readonly profile?: ProfileName | undefined;
  readonly direction?: string | undefined;
  readonly tasks?: readonly string[] | undefined;
  readonly models?: readonly string[] | undefined;
  readonly seeds?: readonly number[] | undefined;
}

/** A result that is not written yet. */
export interface Merged {
  /** Its rows name the files of their cells. */
  readonly result: Result;
  /** A cell for every row. */
  readonly cells: readonly ChosenCell[];
  /** One line for every choice of a setting. */
  readonly choices: readonly string[];
  /** One line for every run that is not complete. */
  readonly incomplete: readonly string[];
}

/**
 * Makes the result of cells: of one suite, profile and adapter, each used once.
 *
 * @param missing One line for every run that should have a cell and has none.
 * @throws {UserError} when cells contradict each other, in one line with two folders, or when none
 * is complete.
 */
export function mergeCells(
  cells: readonly StoredCell[],
  missing: readonly string[] = [],
  filter: CellFilter = {},
): Merged {
  const wanted = cells.filter(({ identity }) => passes(identity, filter));
  const complete = withoutCopies(wanted.filter(isComplete));
  if (complete.length === 0) {
    const some = wanted.length + missing.length;
    throw new UserError(
      some === 0 ? "no cell is what the options ask for" : `none of ${some} runs is complete yet`,
    );
  }
  refuseConflicts(complete);
  const { chosen, lines, doubts } = chooseSettings(complete);
  const ordered = chosen.toSorted(byPlace);
  const incomplete = [...incompleteLines(wanted, complete), ...missing];
  const tried = new Set(chosen.flatMap(({ cell, role }) => role === "trial" ? [cell.id] : []));
  const rows = ordered.map(({ cell: { id, done }, role }) => {
    const notes = role === "final" && tried.has(id) ? [reused] : [];
    return { cell: done, row: { ...done.row, role, warnings: [...done.row.warnings, ...notes] } };
  });
  const [{ identity: { suite, profile } }] = complete;
  const result = deriveResult({
    suite,
    profile,
    overrides: overridesOf(ordered),
    rows,
    complete: incomplete.length === 0,
    warnings: [
      ...mixtures(complete),
      ...incomplete.length > 0 ? [`runs left out, since not complete: ${incomplete.length}`] : [],
      ...doubts,
    ],
  });
  return { result, cells: ordered, choices: lines, incomplete };
}

const reused = "this is the trial with the chosen setting: the same run, not repeated";

/**
 * Writes a merged result with the models and translations of its rows.
 *
 * @param replace Whether a file that exists may be replaced.
 * @returns The result as it is written: its rows name their files.
 * @throws {UserError} when a file is missing, damaged, cannot be written, or may not be replaced.
 */
export async function writeMerged(
  path: string,
  { result, cells }: Merged,
  replace: boolean,
): Promise<Result> {
  const sources = cells.map(({ cell: { folder }, trial }) => ({ folder, trial }));
  return await writeDerived(path, result, sources, replace);
}

function passes({ suite, profile, task, model, seed }: StoredCell["identity"], filter: CellFilter) {
  return (filter.suite ?? suite) === suite && (filter.profile ?? profile) === profile &&
    (filter.direction ?? task.direction) === task.direction &&
    (filter.tasks?.includes(task.name) ?? true) && (filter.models?.includes(model.name) ?? true) &&
    (filter.seeds?.includes(seed) ?? true);
}

const isComplete = (cell: StoredCell): cell is CompleteCell => cell.done !== undefined;

/** Trials first, then a seed of all models after the other. */
function byPlace(a: ChosenCell, b: ChosenCell): number {
  const trials = Number(a.role === "final") - Number(b.role === "final");
  if (trials !== 0) return trials;
  const [one, other] = [a.cell.identity, b.cell.identity];
  return one.seed - other.seed || compare(modelKey(one), modelKey(other)) ||
    peakOf(a) - peakOf(b) || compare(a.cell.id, b.cell.id);
}

const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;

const peakOf = ({ cell }: ChosenCell) => peakRate(cell.done.row) ?? 0;

/** Runs of the same suite that are not complete, and that no other cell makes up for. */
function incompleteLines(
  wanted: readonly StoredCell[],
  complete: readonly CompleteCell[],
): string[] {
  const done = new Set(complete.map(({ identity }) => runKey(identity)));
  const [{ identity: { suite, profile } }] = complete;
  const open = wanted.filter(({ done: row, identity }) =>
    row === undefined && identity.suite === suite && identity.profile === profile &&
    !done.has(runKey(identity))
  );
  const lines = open.map(({ folder, identity }) =>
    `${folder}: ${modelKey(identity)} seed ${identity.seed} is not complete`
  );
  return [...new Set(lines)];
}

/** Departures from the profile; where runs differ in one, all values. */
function overridesOf(cells: readonly ChosenCell[]): Result["overrides"] {
  const all = cells.map(({ cell }) => cell.done.overrides);
  const tried = cells.some(({ role }) => role === "trial");
  const overrides: Record<string, string | number> = {};
  for (const name of new Set(all.flatMap((one) => Object.keys(one)))) {
    const values = [...new Set(all.map((one) => one[name]))];
    if (values.length === 1) overrides[name] = all[0][name];
    else {
      const several = values.map((value) => value ?? "profile's").toSorted(byValue).join();
      overrides[name === "learningRate" && tried ? "learningRates" : name] = several;
    }
  }
  return overrides;
}

function byValue(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number" ? a - b : compare(String(a), String(b));
}

/** What a reader should know of how unlike the cells are. */
function mixtures(cells: readonly CompleteCell[]): string[] {
  const codes = new Set(cells.map(({ identity }) => identity.code)).size;
  const machines = new Set(
    cells.map(({ done: { environment: { os, cpu, deno } } }) => canonicalHash({ os, cpu, deno })),
  ).size;
  return [
    ...codes > 1 ? [`the rows were measured with ${codes} versions of the sources`] : [],
    ...machines > 1
      ? [
        `the rows were measured on ${machines} machines or versions of Deno, of which the ` +
        "environment is the last one: speeds need not compare",
      ]
      : [],
  ];
}
