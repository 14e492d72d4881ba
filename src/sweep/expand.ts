/** From lists of settings, tasks, models and seeds to jobs. */
import { UserError } from "../errors.ts";
import type { Setting, SweepJob, SweepPlan } from "./plan.ts";

/** A sweep has at most so many jobs. */
export const maxJobs = 100_000;

/** Values of each setting that a grid combines; an empty list leaves the profile's value. */
export type SettingLists = { readonly [K in keyof Setting]: readonly NonNullable<Setting[K]>[] };

/** The settings in the order in which a grid varies them, the first slowest; names of the options. */
const optionNames = {
  learningRate: "learning-rate",
  batchSize: "batch-size",
  updates: "updates",
  average: "average",
} as const satisfies Record<keyof Setting, string>;

/** The setting in which everything is the profile's. */
export const profileSetting: Setting = {
  learningRate: null,
  batchSize: null,
  updates: null,
  average: null,
};

function refuseMany(count: number): void {
  if (count <= maxJobs) return;
  throw new UserError(
    `the sweep would have ${count.toLocaleString("en")} jobs, more than ` +
      `${maxJobs.toLocaleString("en")}: shorten a list`,
  );
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/**
 * Every combination of the listed values.
 *
 * @throws {UserError} when there are more than a sweep may have, before any is made.
 */
export function gridOf(lists: SettingLists): Setting[] {
  const learningRate = unique(lists.learningRate);
  const batchSize = unique(lists.batchSize);
  const updates = unique(lists.updates);
  const average = unique(lists.average);
  const counts = [learningRate, batchSize, updates, average].map(({ length }) => length || 1);
  refuseMany(counts.reduce((product, count) => product * count));
  const orProfile = <T>(values: readonly T[]) => values.length === 0 ? [null] : values;
  return orProfile(learningRate).flatMap((learningRate) =>
    orProfile(batchSize).flatMap((batchSize) =>
      orProfile(updates).flatMap((updates) =>
        orProfile(average).map((average) => ({ learningRate, batchSize, updates, average }))
      )
    )
  );
}

/**
 * A setting as users write it, for example `learning-rate=1e-2 batch-size=16`.
 *
 * @throws {UserError} for an unknown name, one that is given twice, or a value out of range.
 */
export function parseSetting(text: string): Setting {
  const setting: Setting = { ...profileSetting };
  const refuse = (what: string): never => {
    throw new UserError(
      `--setting "${text}": ${what}; write it as "learning-rate=1e-2 batch-size=16"`,
    );
  };
  for (const word of text.split(/[\s,]+/).filter((word) => word !== "")) {
    const [name, value = ""] = word.split("=", 2);
    const key = settingKeys.find((key) => optionNames[key] === name);
    if (key === undefined) {
      return refuse(`${name} is none of ${Object.values(optionNames).join(", ")}`);
    }
    if (setting[key] !== null) return refuse(`${name} is given twice`);
    const number = value.trim() === "" ? NaN : Number(value);
    const valid = key === "learningRate"
      ? number > 0 && number < 10
      : Number.isSafeInteger(number) && number >= 1;
    if (!valid) return refuse(`${name} cannot be ${value || "empty"}`);
    setting[key] = number;
  }
  if (settingKeys.every((key) => setting[key] === null)) return refuse("it says nothing");
  return setting;
}

/** Names of the settings. */
export const settingKeys = ["learningRate", "batchSize", "updates", "average"] as const;

/** Removes repeated entries of all lists of a plan, which the order of the rest outlives. */
export function withoutRepeats(plan: SweepPlan): SweepPlan {
  return {
    ...plan,
    runs: unique(plan.runs),
    seeds: unique(plan.seeds),
    settings: unique(plan.settings),
  };
}

/**
 * The jobs of a plan: every run with every setting and seed, each once. Seeds change slowest, so
 * that every model and setting gets its first seed early.
 *
 * @throws {UserError} when there are more than {@link maxJobs}, before any is made.
 */
export function expandJobs(plan: SweepPlan): SweepJob[] {
  const { runs, seeds, settings } = withoutRepeats(plan);
  refuseMany(runs.length * seeds.length * settings.length);
  let index = 0;
  return seeds.flatMap((seed) =>
    runs.flatMap(({ task, model }) =>
      settings.map((setting): SweepJob => ({ index: index++, task, model, seed, setting }))
    )
  );
}

/** The options of `cell` for one job. */
export function jobArguments(plan: SweepPlan, { task, model, seed, setting }: SweepJob): string[] {
  const { suite, profile, direction, carryState, data, cells } = plan;
  return [
    ...["--suite", suite, "--profile", profile, "--task", task, "--model", model],
    ...["--seeds", `${seed},`],
    ...settingKeys.flatMap((key) => {
      const value = setting[key];
      return value === null ? [] : [`--${optionNames[key]}`, String(value)];
    }),
    ...direction === null ? [] : ["--direction", direction],
    ...carryState ? ["--carry-state"] : [],
    ...data === null ? [] : ["--data", data],
    ...["--cells", cells],
  ];
}

/** What a setting changes, in words for people: `learning-rate 0.01, batch-size 16`. */
export function settingText(setting: Setting, keys: readonly (keyof Setting)[] = settingKeys) {
  const parts = keys.flatMap((key) => {
    const value = setting[key];
    return value === null ? [] : [`${optionNames[key]} ${value}`];
  });
  return parts.length === 0 ? "the profile's" : parts.join(", ");
}

/** The settings in which the jobs of a plan differ. */
export function variedSettings({ settings }: Pick<SweepPlan, "settings">): (keyof Setting)[] {
  return settingKeys.filter((key) => settings.some((one) => one[key] !== settings[0][key]));
}
