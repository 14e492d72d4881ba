/** The suites of `bench`, by name and by what a user asks for. */
import { lmSuite } from "../../bench/lm.ts";
import { lraSuite } from "../../bench/lra.ts";
import { overviewSuite } from "../../bench/overview.ts";
import type { TrainingSuite } from "../../bench/spec.ts";
import { translationSuite } from "../../bench/translation.ts";
import { UserError } from "../errors.ts";

/** Suites that train; the first one runs when nothing is chosen. */
export const trainingSuites = [overviewSuite, lraSuite, lmSuite, translationSuite] as const;

/** Names of the suites that train. */
export const trainingSuiteNames = trainingSuites.map((suite) => suite.name);

/** Names of all suites, those that measure speed included. */
export const suiteNames = [
  ...trainingSuiteNames,
  "efficiency",
  "kernels",
];

/** A training suite by name. @throws {UserError} when there is none of that name. */
export function suiteOf(name: string): TrainingSuite {
  const suite = trainingSuites.find((candidate) => candidate.name === name);
  if (suite === undefined) {
    throw new UserError(`no suite is called ${name}; there are ${suiteNames.join(", ")}`);
  }
  return suite;
}

/**
 * Refuses a choice that would leave out a task, or a model that was named, without a word.
 *
 * @param named Models that the user named; none for those of the suite.
 * @throws {UserError} naming what there is instead.
 */
export function checkChoice(
  { name, specs }: TrainingSuite,
  tasks: readonly string[],
  models: readonly string[],
  named: readonly string[] = [],
): void {
  for (const model of named) {
    if (specs.some((spec) => spec.model === model && tasks.includes(spec.task))) continue;
    throw new UserError(`${name} has no ${model} for ${tasks.join(" or ")}`);
  }
  for (const task of tasks) {
    const known = specs.filter((spec) => spec.task === task).map(({ model }) => model);
    if (models.some((model) => known.includes(model))) continue;
    throw new UserError(
      `${name} has no ${models.join(" or ")} for ${task}, but ${known.join(", ")}`,
    );
  }
}

/**
 * The suite that a command line means when it names none: the one that has all of its tasks and
 * models. The overview is meant when neither is named, and when no other suite has all of them.
 */
export function suiteFor(
  tasks: readonly string[] | undefined,
  models: readonly string[] | undefined,
): TrainingSuite {
  const [overview, ...others] = trainingSuites;
  const suites = [...others, overview];
  if (tasks === undefined && models === undefined) return overview;
  const has = (suite: TrainingSuite, key: "task" | "model", names: readonly string[]) =>
    names.every((name) => suite.specs.some((spec) => spec[key] === name));
  return suites.find((suite) =>
    has(suite, "task", tasks ?? []) && has(suite, "model", models ?? [])
  ) ?? suites.find((suite) => has(suite, "task", tasks ?? [])) ?? lraSuite;
}
