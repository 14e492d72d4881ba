import { dirname, resolve } from "node:path";
import { modelsFolder } from "../train/models_folder.ts";

/** What decides which permissions a command gets. */
export interface PermissionRequest {
  readonly command: string;
  readonly args: readonly string[];
  /** The folder against which relative paths on the command line count. */
  readonly cwd: string;
  readonly root: string;
  readonly results: string;
  readonly cache: string;
  readonly data: string;
  readonly temporary: string;
  /** Golden files of text processing that are not part of the project, for tests. */
  readonly goldens?: string | undefined;
  /** What lies at a path. */
  readonly kindOf: (path: string) => "file" | "folder" | "nothing";
}

/** The environment variables that a command may read; all others look unset to it. */
export const READABLE_ENV: readonly string[] = [
  "MEGA_*",
  "HOME",
  "XDG_CACHE_HOME",
  "LOCALAPPDATA",
  "USERPROFILE",
  "TMPDIR",
  "CI",
  "NO_COLOR",
  "FORCE_COLOR",
  "COLORTERM",
  "COLUMNS",
  "TERM",
  "VK_DRIVER_FILES",
  "VK_ICD_FILENAMES",
  "LP_NATIVE_VECTOR_WIDTH",
  "LP_NUM_THREADS",
  "GALLIVM_PERF",
];

const SYSTEM_FACTS = ["cpus", "hostname", "osRelease", "systemMemoryInfo"];

/** Options whose value is a path that the command writes, in place or with files beside it. */
const WRITE_OPTIONS: ReadonlySet<string> = new Set([
  "--output",
  "--out",
  "-o",
  "--resume",
  "--update",
  "--figures",
]);

/** Commands whose positional values are files, which must be readable to be found missing. */
const FILE_COMMANDS: ReadonlySet<string> = new Set(["verify", "diff", "tables", "report"]);

/**
 * The Deno permission flags for a command: the project, its cache and its results, and the paths
 * that the user names on the command line. The network only for `data fetch`. Programs only for
 * tests, which start and kill the harness itself (a list is not possible there: Deno demands the
 * whole permission for a child that inherits `LD_LIBRARY_PATH`).
 */
export function permissionFlags(request: PermissionRequest): string[] {
  const { command, args, root, results, cache, data, temporary } = request;
  const usesModel = command === "generate" || command === "translate";
  const test = command === "test" || command === "test:slow";
  const read = new Set([root, cache, data, results]);
  const write = new Set([cache, ...test ? [] : [results], ...command === "data" ? [data] : []]);
  if (test) { for (const set of [read, write]) set.add(temporary); }
  // Their texts are in a folder beside them.
  if (test && request.goldens) read.add(dirname(resolve(request.cwd, request.goldens)));
  for (const { option, value } of namedValues(args)) {
    const path = resolve(request.cwd, value);
    const kind = request.kindOf(path);
    const writes = WRITE_OPTIONS.has(option) || (command === "data" && option === "--data");
    if (writes) {
      // Writing is atomic: a temporary file in the same folder, then a rename.
      const folder = kind === "folder" ? path : dirname(path);
      read.add(folder);
      write.add(folder);
    } else if (
      kind !== "nothing" || (FILE_COMMANDS.has(command) && option === "") ||
      (usesModel && (option === "--run" || option === "--input"))
    ) {
      read.add(path);
      // The models of a result lie beside it.
      if (usesModel && path.endsWith(".json")) read.add(modelsFolder(path));
      // Results name translations, which lie somewhere below their own folder.
      if (command === "diff" && option === "") read.add(dirname(path));
      // Golden texts name other files, beside them or in the data folder next to theirs.
      if (command === "verify" && path.endsWith(".json")) {
        read.add(dirname(path));
        read.add(resolve(dirname(path), "../data"));
      }
    }
  }
  return [
    "--no-prompt",
    `--allow-read=${list(read)}`,
    `--allow-write=${list(write)}`,
    `--allow-env=${READABLE_ENV.join(",")}`,
    "--ignore-env",
    `--allow-sys=${SYSTEM_FACTS.join(",")}`,
    ...(test ? ["--allow-run"] : []),
    ...(command === "data" && args[0] === "fetch" ? ["--allow-net"] : []),
  ];
}

/** Every value on a command line with the option it belongs to; positional values have `""`. */
function namedValues(args: readonly string[]): { option: string; value: string }[] {
  const values: { option: string; value: string }[] = [];
  let option = "";
  for (const arg of args) {
    const match = /^(--?[^=]+)=(.*)$/.exec(arg);
    if (match) {
      values.push({ option: match[1] ?? "", value: match[2] ?? "" });
      option = "";
    } else if (arg.startsWith("-")) {
      option = arg;
    } else {
      values.push({ option, value: arg });
      option = "";
    }
  }
  return values.filter(({ value }) => value !== "");
}

/** Deno separates paths by commas and knows no escape, so a path with one opens its parent. */
function list(paths: ReadonlySet<string>): string {
  const listed = [...paths].map((path) => {
    while (path.includes(",")) path = dirname(path);
    return path;
  });
  return [...new Set(listed)].join(",");
}
