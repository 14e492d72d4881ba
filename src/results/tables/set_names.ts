import { machineName, type MeasuredSet } from "./measured_set.ts";

/** How a set is called where sets stand side by side. */
export interface SetName {
  /** The profile, with the machine where another set has the same profile. */
  readonly title: string;
  /** The same for ids and names of files: small letters, digits and hyphens. */
  readonly id: string;
}

const slug = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replace(/-$/, "");

/**
 * Names that tell the sets of a suite apart; sets that differ in overrides only are numbered. The
 * id of a set that shares a task with another suite's set of the same name has its suite in front.
 */
export function setNames(sets: readonly MeasuredSet[]): Map<MeasuredSet, SetName> {
  const names = namesBySuite(sets);
  const taken = new Set<string>();
  for (const [set, name] of names) {
    const tasks = new Set(set.rows.map(({ task }) => task.name));
    const keys = [...tasks].map((task) => `${name.id} ${task}`);
    if (keys.some((key) => taken.has(key))) {
      names.set(set, { ...name, id: `${slug(set.suite)}-${name.id}` });
    }
    for (const key of keys) taken.add(key);
  }
  return names;
}

function namesBySuite(sets: readonly MeasuredSet[]): Map<MeasuredSet, SetName> {
  const names = new Map<MeasuredSet, SetName>();
  for (const own of Map.groupBy(sets, ({ suite }) => suite).values()) {
    const used = new Map<string, number>();
    for (const set of own) {
      const { profile } = set;
      const shared = own.filter((other) => other.profile === profile).length > 1;
      const title = shared ? `${profile}, ${machineName(set.environment)}` : profile;
      const count = (used.get(title) ?? 0) + 1;
      used.set(title, count);
      const name = count === 1 ? title : `${title} (${count})`;
      names.set(set, { title: name, id: slug(name) });
    }
  }
  return names;
}
