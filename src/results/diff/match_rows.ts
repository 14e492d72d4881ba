import { SPLIT_NAMES } from "../../data/dataset.ts";
import type { JsonValue } from "../../util/canonical_hash.ts";
import { finalRows } from "../aggregate.ts";
import type { ResultRow } from "../schema_row.ts";

/** Runs that differ in their seed only. */
export type RunGroup = readonly ResultRow[];

/** The runs of one task and model on both sides; null on the side that lacks them. */
export interface RunPair {
  /** Task identifier, with the sequence length after a space where there are several. */
  task: string;
  model: string;
  old: RunGroup | null;
  new: RunGroup | null;
  /** Why the two cannot be compared; null when they can. */
  obstacle: string | null;
  /** Differences that do not stand in the way, but that a reader should know. */
  notes: string[];
}

/**
 * Matches the final runs of two results by task version, hashes of the data and hash of the model's
 * configuration. Runs of the same task and model that differ in one of these are matched as well,
 * with the obstacle named.
 */
export function matchRows(old: readonly ResultRow[], now: readonly ResultRow[]): RunPair[] {
  const left = groupByIdentity(finalRows(old));
  const right = groupByIdentity(finalRows(now));
  const pairs: RunPair[] = [];
  for (const [key, group] of left) {
    const same = right.get(key);
    if (same === undefined) continue;
    pairs.push(pairOf(group, same));
    left.delete(key);
    right.delete(key);
  }
  for (const group of left.values()) {
    const entry = [...right].find(([, other]) =>
      other[0].task.name === group[0].task.name && other[0].model.name === group[0].model.name &&
      other[0].sequenceLength === group[0].sequenceLength
    ) ?? [...right].find(([, other]) =>
      other[0].task.name === group[0].task.name && other[0].model.name === group[0].model.name
    );
    if (entry !== undefined) {
      right.delete(entry[0]);
    }
    pairs.push(pairOf(group, entry?.[1] ?? null));
  }
  for (const group of right.values()) pairs.push(pairOf(null, group));
  return nameLengths(pairs);
}

const lengthOf = ({ old, new: now }: RunPair) => (now ?? old)?.[0].sequenceLength;

/** Adds the length to the task where a task and model were run at several. */
function nameLengths(pairs: readonly RunPair[]): RunPair[] {
  const groups = Map.groupBy(pairs, ({ task, model }) => JSON.stringify([task, model]));
  return pairs.map((pair) => {
    const group = groups.get(JSON.stringify([pair.task, pair.model])) ?? [];
    if (new Set(group.map(lengthOf)).size < 2) return pair;
    return { ...pair, task: `${pair.task} ${lengthOf(pair)}` };
  });
}

function groupByIdentity(rows: readonly ResultRow[]): Map<string, ResultRow[]> {
  const groups = new Map<string, ResultRow[]>();
  for (const row of rows) {
    const hashes = Object.entries(row.task.splits).map(([name, split]) => [name, split.sha256]);
    const key = JSON.stringify([
      row.task.name,
      row.task.direction ?? null,
      row.task.version,
      hashes.toSorted(),
      row.model.name,
      row.model.sha256,
      row.sequenceLength,
    ]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

function pairOf(old: ResultRow[] | null, now: ResultRow[] | null): RunPair {
  const row = old?.[0] ?? now?.[0];
  if (row === undefined) throw new Error("a pair needs a side with runs");
  const pair = { task: row.task.name, model: row.model.name, old, new: now };
  if (old === null || now === null) {
    const obstacle = old === null ? "not in the old result" : "not in the new result";
    return { ...pair, obstacle, notes: [] };
  }
  return { ...pair, obstacle: obstacleBetween(old[0], now[0]), notes: notesOn(old[0], now[0]) };
}

function obstacleBetween(old: ResultRow, now: ResultRow): string | null {
  const obstacles: string[] = [];
  if (old.task.direction !== now.task.direction) {
    obstacles.push(`direction ${old.task.direction ?? "none"} → ${now.task.direction ?? "none"}`);
  }
  if (old.task.version !== now.task.version) {
    obstacles.push(`task version ${old.task.version} → ${now.task.version}`);
  }
  const splits = new Set([...Object.keys(old.task.splits), ...Object.keys(now.task.splits)]);
  const changed = SPLIT_NAMES.filter((name) =>
    splits.has(name) && old.task.splits[name]?.sha256 !== now.task.splits[name]?.sha256
  );
  if (changed.length > 0) obstacles.push(`data differ (${changed.join(", ")})`);
  if (old.model.sha256 !== now.model.sha256) {
    const keys = changedKeys(old.model.configuration, now.model.configuration);
    obstacles.push(`model configuration differs (${keys})`);
  }
  if (old.sequenceLength !== now.sequenceLength) {
    obstacles.push(`sequence length ${old.sequenceLength} → ${now.sequenceLength}`);
  }
  return obstacles.length === 0 ? null : obstacles.join("; ");
}

type JsonObject = { [key: string]: JsonValue };

/** Names the options that changed, with their values where these are short. */
function changedKeys(old: JsonObject, now: JsonObject): string {
  const show = (options: JsonObject, key: string) =>
    Object.hasOwn(options, key) ? JSON.stringify(options[key]) : "none";
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((key) =>
    show(old, key) !== show(now, key)
  );
  const named = keys.slice(0, 3).map((key) => {
    const change = `${show(old, key)} → ${show(now, key)}`;
    return change.length <= 40 ? `${key} ${change}` : key;
  });
  if (keys.length > 3) named.push(`${keys.length - 3} more`);
  return named.join(", ");
}

function notesOn(old: ResultRow, now: ResultRow): string[] {
  const notes: string[] = [];
  const compare = (name: string, left: number, right: number) => {
    if (left !== right) notes.push(`${name} ${left} → ${right}`);
  };
  compare("parameters", old.model.parameterCount, now.model.parameterCount);
  compare("batch size", old.batchSize, now.batchSize);
  compare("updates", old.updates, now.updates);
  for (const part of ["optimizer", "schedule"] as const) {
    const [left, right] = [old[part], now[part]];
    if (left.name !== right.name) notes.push(`${part} ${left.name} → ${right.name}`);
    else {
      const keys = changedKeys(left.configuration, right.configuration);
      if (keys !== "") notes.push(`${part} ${keys}`);
    }
  }
  return notes;
}
