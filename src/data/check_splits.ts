import { UserError } from "../errors.ts";
import { SPLIT_NAMES, type SplitName } from "./dataset.ts";
import type { BenchData } from "./registry.ts";

/** What a split is counted in, and how many of them a batch needs at least. */
function measure(data: BenchData): {
  readonly unit: string;
  readonly least: number;
  readonly size: (name: SplitName) => number;
} {
  switch (data.kind) {
    case "classification":
      return { unit: "examples", least: 1, size: (name) => data.splits[name].length };
    case "language-modelling":
      // The first token is only read, the last one only predicted.
      return { unit: "tokens", least: 2, size: (name) => data.splits[name].tokens.length };
    case "translation":
      return { unit: "sentences", least: 1, size: (name) => data.splits[name].source.count };
  }
}

/**
 * Refuses data of which a split is too small for a batch: training would end in a score that is not
 * a number.
 *
 * @throws {UserError} with the sizes of all splits.
 */
export function checkSplits(data: BenchData): void {
  const { unit, least, size } = measure(data);
  const short = SPLIT_NAMES.filter((name) => size(name) < least);
  if (short.length === 0) return;
  const sizes = SPLIT_NAMES.map((name) => `${name} ${size(name)}`).join(", ");
  throw new UserError(
    `${data.id}: too little data: ${short.join(" and ")} would be empty (${unit}: ${sizes}); ` +
      "add files to the data folder or fetch the official ones",
  );
}
