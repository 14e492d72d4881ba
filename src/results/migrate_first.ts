import { isObject, type UncheckedObject } from "./unchecked.ts";

/**
 * Version 1 to 2. Version 1 knew classification only: every score is an accuracy, every mean one
 * over sentences, every run final and every evaluation the usual one. Numbers stay as they are;
 * what is not as version 1 has it passes through, for the schema to name.
 */
export function migrateFirst(old: UncheckedObject): UncheckedObject {
  return {
    ...old,
    rows: each(old.rows, migrateRow),
    aggregate: each(old.aggregate, ({ task, model, metric, split, ...rest }) => ({
      task,
      model,
      metric,
      split,
      setting: null,
      ...rest,
    })),
  };
}

function each(list: unknown, change: (item: UncheckedObject) => UncheckedObject): unknown {
  return Array.isArray(list) ? list.map((item) => isObject(item) ? change(item) : item) : list;
}

function within(value: unknown, change: (item: UncheckedObject) => UncheckedObject): unknown {
  return isObject(value) ? change(value) : value;
}

function migrateRow({ warnings, provenance, ...row }: UncheckedObject): UncheckedObject {
  return {
    role: "final",
    ...row,
    task: within(row.task, ({ name, ...task }) => ({
      name,
      kind: "classification",
      ...task,
      splits: within(
        task.splits,
        (splits) =>
          Object.fromEntries(
            Object.entries(splits).map(([name, split]) => [
              name,
              within(split, (fields) => ({ ...fields, tokens: null })),
            ]),
          ),
      ),
    })),
    score: { name: "accuracy", unit: "fraction", higherIsBetter: true },
    lossPer: "sentences",
    metrics: each(row.metrics, ({ name, split, ...metric }) => ({
      name,
      split,
      setting: null,
      per: "sentences",
      ...metric,
    })),
    curve: each(row.curve, renameAccuracy),
    validationCurve: each(row.validationCurve, renameAccuracy),
    performance: within(row.performance, (performance) => ({
      ...performance,
      evaluationTokensPerSecond: null,
      compiledPrograms: null,
      paddingShare: null,
    })),
    sample: null,
    warnings,
    provenance,
  };
}

function renameAccuracy({ accuracy, ...point }: UncheckedObject): UncheckedObject {
  return { ...point, score: accuracy };
}
