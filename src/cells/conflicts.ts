/** What keeps cells from standing in one result. */
import { UserError } from "../errors.ts";
import { canonicalHash, type JsonValue } from "../util/canonical_hash.ts";
import type { CellIdentity } from "./cell_files.ts";
import type { CompleteCell } from "./stored_cell.ts";

const apart = "merge them into results of their own";

/** A task, with what it translates. */
export function taskKey({ task }: CellIdentity): string {
  return task.direction === null ? task.name : `${task.name} ${task.direction}`;
}

/** Task and model. */
export function modelKey(identity: CellIdentity): string {
  return `${taskKey(identity)} ${identity.model.name}`;
}

/** Task, model, setting and seed: all but what a result has in common. */
export function runKey(identity: CellIdentity): string {
  return `${modelKey(identity)} ${canonicalHash(identity.setting)} ${identity.seed}`;
}

/** What must not differ between two copies of a cell: all but timings, and what is said of it. */
function numbersOf({ done }: CompleteCell): Readonly<Record<string, JsonValue>> {
  const { wallSeconds: _, performance: __, warnings: ___, role: ____, ...numbers } = done.row;
  return numbers;
}

/**
 * Every cell once.
 *
 * @throws {UserError} when two copies of a cell have different numbers.
 */
export function withoutCopies(cells: readonly CompleteCell[]): CompleteCell[] {
  const known = new Map<string, CompleteCell>();
  for (const cell of cells) {
    const other = known.get(cell.id);
    if (other === undefined) {
      known.set(cell.id, cell);
      continue;
    }
    const theirs = numbersOf(other);
    const differs = Object.entries(numbersOf(cell)).find(([name, value]) =>
      !(name in theirs) || canonicalHash(value) !== canonicalHash(theirs[name])
    )?.[0] ?? Object.keys(theirs).find((name) =>
      !(name in numbersOf(cell))
    );
    if (differs !== undefined) {
      throw new UserError(
        `two copies of a cell have other numbers (${differs}): ${other.folder} and ` +
          `${cell.folder}: leave one out`,
      );
    }
  }
  return [...known.values()];
}

/** Refuses cells that are alike in one thing and differ in another. */
function refuse(
  cells: readonly CompleteCell[],
  like: (identity: CellIdentity) => string,
  of: (identity: CellIdentity) => JsonValue,
  message: (one: CompleteCell, other: CompleteCell) => string,
): void {
  const known = new Map<string, { readonly cell: CompleteCell; readonly hash: string }>();
  for (const cell of cells) {
    const key = like(cell.identity);
    const hash = canonicalHash(of(cell.identity));
    const first = known.get(key);
    if (first === undefined) known.set(key, { cell, hash });
    else if (first.hash !== hash) throw new UserError(message(first.cell, cell));
  }
}

function nameOf({ adapter }: CellIdentity): string {
  const { description, device, driver } = adapter;
  const words = [description || device, driver].flatMap((word) =>
    typeof word === "string" && word !== "" ? [word] : []
  );
  return words.join(", ") || "an unnamed adapter";
}

/**
 * Makes sure that cells can stand in one result.
 *
 * @throws {UserError} in one line that names two folders and what differs.
 */
export function refuseConflicts(cells: readonly CompleteCell[]): void {
  const all = () => "";
  const choices = [
    ["suites", "--suite", ({ suite }: CellIdentity) => suite],
    ["profiles", "--profile", ({ profile }: CellIdentity) => profile],
  ] as const;
  for (const [what, option, of] of choices) {
    refuse(
      cells,
      all,
      of,
      (one, other) =>
        `cells of several ${what}: ${of(one.identity)} in ${one.folder}, ` +
        `${of(other.identity)} in ${other.folder}: choose with ${option}`,
    );
  }
  refuse(
    cells,
    all,
    ({ adapter }) => adapter,
    (one, other) =>
      `cells of several adapters: ${nameOf(one.identity)} in ${one.folder}, ` +
      `${nameOf(other.identity)} in ${other.folder}: ${apart}`,
  );
  refuse(
    cells,
    ({ task }) => task.name,
    ({ task }) => task.direction,
    (one, other) =>
      `${one.identity.task.name} in several directions: ${one.identity.task.direction} in ` +
      `${one.folder}, ${other.identity.task.direction} in ${other.folder}: choose with --direction`,
  );
  refuse(
    cells,
    taskKey,
    ({ task }) => ({ ...task }),
    (one, other) =>
      `${taskKey(one.identity)} has other data in ${one.folder} than in ${other.folder}: ${apart}`,
  );
  refuse(
    cells,
    modelKey,
    ({ model }) => model.configuration,
    (one, other) =>
      `${modelKey(one.identity)} has another configuration in ${one.folder} than in ` +
      `${other.folder}: ${apart}`,
  );
  refuse(
    cells,
    runKey,
    ({ code }) => code,
    (one, other) =>
      `${modelKey(one.identity)} seed ${one.identity.seed} was measured with other sources in ` +
      `${one.folder} than in ${other.folder}: leave one out`,
  );
}
