/**
 * Which options and positional values of every command are paths, and what the command does with
 * them: what is not named here opens nothing.
 */

/**
 * What a command does with a path:
 * - `read` a file or folder;
 * - `read-result` with the translations below its folder;
 * - `read-model` or a result with the models beside it;
 * - `read-golden` with the files that it names, beside it or in the data folder next to its own;
 * - `write-file` atomically, which takes its folder;
 * - `write-folder`.
 */
export type PathUse =
  | "read"
  | "read-result"
  | "read-model"
  | "read-golden"
  | "write-file"
  | "write-folder";

/** The places that commands use without being told. */
export type Place = "cache" | "data" | "results" | "cells";

/** The paths of a command. */
export interface CommandPaths {
  /** How positional values are used; without it they are no paths. */
  readonly positionals?: PathUse;
  /** Options with paths as values. */
  readonly paths: Readonly<Record<string, PathUse>>;
  /** Options without a value. */
  readonly flags: readonly string[];
  /** Options whose value may be left out. */
  readonly optional?: readonly string[];
  readonly reads: readonly Place[];
  readonly writes: readonly Place[];
  /** What is written where an option does not say otherwise. */
  readonly writesWithout?: Readonly<Record<string, Place>>;
}

const measuring = {
  flags: ["--carry-state", "--overwrite"],
  reads: ["cache", "data", "results"],
} as const;

/** Commands by name, those of `data` with both of theirs. */
export const COMMAND_PATHS: Readonly<Record<string, CommandPaths>> = {
  "bench": {
    ...measuring,
    flags: [...measuring.flags, "--other-code"],
    paths: {
      "--data": "read",
      "--output": "write-file",
      "--cells": "write-folder",
      "--resume": "read",
    },
    optional: ["--resume"],
    writes: ["cache", "results"],
  },
  "cell": {
    ...measuring,
    paths: { "--data": "read", "--job": "write-folder", "--cells": "write-folder" },
    writes: ["cache"],
    writesWithout: { "--cells": "cells" },
  },
  "sweep": {
    ...measuring,
    flags: [...measuring.flags, "--dry-run", "--keep-jobs"],
    paths: { "--data": "read", "--output": "write-file", "--cells": "write-folder" },
    optional: ["--resume", "--watch"],
    writes: ["results"],
  },
  "merge": {
    positionals: "read",
    paths: { "--output": "write-file", "--cells": "read" },
    flags: ["--overwrite"],
    reads: ["results"],
    writes: ["results"],
  },
  "generate": {
    paths: { "--run": "read-model" },
    flags: [],
    reads: ["cache", "results"],
    writes: [],
  },
  "translate": {
    paths: { "--run": "read-model", "--input": "read" },
    flags: ["--scores"],
    reads: ["cache", "results"],
    writes: [],
  },
  "verify": {
    positionals: "read-golden",
    paths: { "--data": "read" },
    flags: [],
    reads: ["data"],
    writes: [],
  },
  "doctor": { paths: {}, flags: ["--json"], reads: ["cache", "data"], writes: ["cache"] },
  "diff": { positionals: "read-result", paths: {}, flags: [], reads: ["results"], writes: [] },
  "tables": {
    positionals: "read",
    paths: { "--output": "write-file", "--update": "write-file" },
    flags: [],
    reads: ["results"],
    writes: [],
  },
  "report": {
    positionals: "read",
    paths: { "--output": "write-file", "--figures": "write-folder" },
    flags: [],
    reads: ["results"],
    writes: [],
    writesWithout: { "--output": "results" },
  },
  "data list": { paths: { "--data": "read" }, flags: [], reads: ["cache", "data"], writes: [] },
  "data verify": { paths: { "--data": "read" }, flags: [], reads: ["cache", "data"], writes: [] },
  "data fetch": {
    paths: { "--data": "write-folder" },
    flags: ["--trust-first-use"],
    reads: ["cache", "data"],
    writes: ["cache"],
    writesWithout: { "--data": "data" },
  },
  "data generate": {
    paths: { "--data": "read", "--out": "write-folder" },
    flags: [],
    reads: ["cache", "data"],
    writes: [],
    writesWithout: { "--out": "cache" },
  },
};

/** A command that is not in the table. */
const UNKNOWN: CommandPaths = { paths: {}, flags: [], reads: [], writes: [] };

/** A command line as the table reads it. */
export interface CommandLine {
  /** Key of {@link COMMAND_PATHS}. */
  readonly name: string;
  readonly table: CommandPaths;
  readonly positionals: readonly string[];
  /** Values of options in order, those without one as the empty string. */
  readonly options: readonly { readonly option: string; readonly value: string }[];
}

/** Splits arguments as commander does, so that no value is taken for another option's. */
export function readCommandLine(command: string, args: readonly string[]): CommandLine {
  let rest = args.filter((arg) => arg !== "--verbose");
  let name = command;
  if (command === "data") {
    const at = rest.findIndex((arg) => !arg.startsWith("-"));
    if (at >= 0) name = `data ${rest[at]}`;
    rest = rest.filter((_, index) => index !== at);
  }
  const table = Object.hasOwn(COMMAND_PATHS, name) ? COMMAND_PATHS[name] : UNKNOWN;
  const flags = [...table.flags, "--help", "-h"];
  const positionals: string[] = [];
  const options: { option: string; value: string }[] = [];
  while (rest.length > 0) {
    const arg = rest.shift() ?? "";
    if (arg === "--") {
      positionals.push(...rest.splice(0));
    } else if (!arg.startsWith("-") || arg === "-") {
      positionals.push(arg);
    } else if (arg.startsWith("--") && arg.includes("=")) {
      const at = arg.indexOf("=");
      options.push({ option: arg.slice(0, at), value: arg.slice(at + 1) });
    } else if (flags.includes(arg) || (table.optional?.includes(arg) && isOption(rest[0]))) {
      options.push({ option: arg, value: "" });
    } else {
      options.push({ option: arg, value: rest.shift() ?? "" });
    }
  }
  return { name, table, positionals, options };
}

const isOption = (arg: string | undefined) => arg === undefined || arg.startsWith("-");

/** Value of an option, the last one where it is given twice; undefined where it is not given. */
export function optionValue({ options }: CommandLine, name: string): string | undefined {
  return options.findLast(({ option }) => option === name)?.value;
}
