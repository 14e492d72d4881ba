import { dirname, join, resolve } from "node:path";
import { UserError } from "../errors.ts";
import { modelsFolder } from "../train/models_folder.ts";
import { isWithin, whyGuarded } from "./guarded_folders.ts";
import {
  type CommandLine,
  optionValue,
  type PathUse,
  type Place,
  readCommandLine,
} from "./path_table.ts";
import { CACHE_PARTS } from "./paths.ts";
import type { ResumedRun } from "./resumed_run.ts";

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
  /** The folder of the drivers, which no command may write. */
  readonly driver: string;
  readonly home: string | undefined;
  readonly temporary: string;
  /** Golden files of text processing that are not part of the project, for tests. */
  readonly goldens?: string | undefined;
  /** The run that `--resume` continues: its plan names folders. */
  readonly resumed?: ResumedRun | undefined;
  /** Programs that a sweep may start, as absolute paths. */
  readonly programs?: readonly string[];
  /** A path with its links resolved, as far as it exists. */
  readonly realPath: (path: string) => string;
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

/** What a sweep reads besides, to hand it on to the jobs that it starts. */
const SWEEP_ENV = [
  "PATH",
  "LANG",
  "USER",
  "DENO_*",
  "DRI_PRIME",
  "MESA_*",
  "NPM_CONFIG_*",
  "SLURM_*",
  "VK_*",
  "XDG_*",
  "npm_config_*",
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
];

const SYSTEM_FACTS = ["cpus", "hostname", "osRelease", "systemMemoryInfo"];

/** Parts of the project that are no output: the program, and what records its changes. */
const SOURCES = [
  ".git",
  "bench",
  "deno.json",
  "deno.lock",
  "fixtures",
  "kernels",
  "mod.ts",
  "src",
];

/**
 * The Deno permission flags for a command: the project, and of its cache, its results and the paths
 * on its command line what the table says. The network only for `data fetch`, and that of the
 * machine itself for tests. Programs for sweeps, and for tests, which start and kill the harness
 * itself (a list is not possible there: Deno demands the whole permission for a child that inherits
 * `LD_LIBRARY_PATH`).
 *
 * @throws {UserError} when a named path cannot be opened without opening far more.
 */
export function permissionFlags(request: PermissionRequest): string[] {
  const { command, root, data } = request;
  const test = command === "test" || command === "test:slow";
  const grants = new Grants(request);
  grants.read(root);
  if (test) {
    grants.readPlaces(["cache", "data"]);
    grants.writePlaces(["cache"]);
    grants.read(request.temporary).write(request.temporary);
    // Their texts are in a folder beside them.
    if (request.goldens) grants.read(dirname(resolve(request.cwd, request.goldens)));
  } else {
    const line = readCommandLine(command, request.args);
    grants.readPlaces(line.table.reads);
    grants.writePlaces(line.table.writes);
    for (const [option, place] of Object.entries(line.table.writesWithout ?? {})) {
      if (optionValue(line, option) === undefined) grants.writePlaces([place]);
    }
    grantNamed(grants, line, request);
  }
  const programs = command === "sweep" ? request.programs ?? [] : [];
  const fetches = command === "data" &&
    readCommandLine(command, request.args).name === "data fetch";
  if (fetches) grants.read(data);
  const env = command === "sweep" ? [...READABLE_ENV, ...SWEEP_ENV] : READABLE_ENV;
  return [
    "--no-prompt",
    ...grants.flags(),
    `--allow-env=${env.join(",")}`,
    "--ignore-env",
    `--allow-sys=${SYSTEM_FACTS.join(",")}`,
    ...(test ? ["--allow-run", "--allow-net=127.0.0.1"] : []),
    ...(programs.length > 0 ? [`--allow-run=${programs.join(",")}`] : []),
    ...(fetches ? ["--allow-net"] : []),
  ];
}

/** Grants what a command line names. */
function grantNamed(grants: Grants, line: CommandLine, { resumed }: PermissionRequest): void {
  const { table, positionals, options } = line;
  if (table.positionals !== undefined) {
    for (const value of positionals) grants.use(table.positionals, value, value);
  }
  for (const { option, value } of options) {
    if (Object.hasOwn(table.paths, option) && value !== "") {
      grants.use(table.paths[option], value, `${option} ${value}`);
    }
  }
  if (resumed === undefined) return;
  if (resumed.data !== null) grants.use("read", resumed.data, `the data folder ${resumed.data}`);
  for (const folder of resumed.writes) grants.use("write-folder", folder, `the folder ${folder}`);
}

/** Collects what may be read and written. */
class Grants {
  readonly #request: PermissionRequest;
  readonly #read = new Set<string>();
  readonly #write = new Set<string>();

  constructor(request: PermissionRequest) {
    this.#request = request;
  }

  read(path: string): this {
    // Deno compares paths as they are spelled: a link counts under its own name and its target's.
    this.#read.add(path).add(this.#request.realPath(path));
    return this;
  }

  write(path: string): this {
    this.#write.add(path).add(this.#request.realPath(path));
    return this;
  }

  readPlaces(places: readonly Place[]): void {
    for (const place of places) this.read(this.#folder(place));
  }

  writePlaces(places: readonly Place[]): void {
    for (const place of places) {
      const folder = this.#folder(place);
      const parts = place === "cache" ? CACHE_PARTS.map((part) => join(folder, part)) : [folder];
      for (const part of parts) this.read(part).write(part);
    }
  }

  /** @param named How the user named it, for messages. */
  use(use: PathUse, value: string, named: string): void {
    const path = resolve(this.#request.cwd, value);
    if (path.includes(",")) {
      throw new UserError(
        `${named}: Deno cannot open a path with a comma to a command: rename it, or name it by a link`,
      );
    }
    if (use === "write-file") return this.#open(dirname(path), named);
    if (use === "write-folder") return this.#open(path, named);
    this.read(path);
    const json = path.endsWith(".json");
    if (use === "read-result") this.read(dirname(path));
    if (use === "read-model" && json) this.read(modelsFolder(path));
    if (use === "read-golden" && json) {
      this.read(dirname(path)).read(resolve(dirname(path), "../data"));
    }
  }

  /** Opens a folder for writing, where that opens no more than output. */
  #open(folder: string, named: string): void {
    const { root, home, driver, realPath } = this.#request;
    const real = realPath(folder);
    const why = real === realPath(root) ? undefined : whyGuarded(real, home && realPath(home));
    if (why !== undefined) {
      throw new UserError(
        `${named}: would open ${why} (${real}) for writing: choose a folder of your own`,
      );
    }
    if (isWithin(real, realPath(driver))) {
      throw new UserError(`${named}: ${driver} is for software drivers: choose another folder`);
    }
    this.read(folder).write(folder);
  }

  #folder(place: Place): string {
    const { cache, data, results } = this.#request;
    return { cache, data, results, cells: join(results, "cells") }[place];
  }

  flags(): string[] {
    const { root, driver, realPath } = this.#request;
    const closed = [driver, ...SOURCES.map((name) => join(root, name))];
    const denied = new Set(closed.flatMap((path) => [path, realPath(path)]));
    return [
      `--allow-read=${list(this.#read)}`,
      ...(this.#write.size > 0 ? [`--allow-write=${list(this.#write)}`] : []),
      ...(this.#write.size > 0 ? [`--deny-write=${list(denied)}`] : []),
    ];
  }
}

/** Deno separates paths by commas and knows no escape. */
function list(paths: ReadonlySet<string>): string {
  for (const path of paths) {
    if (path.includes(",")) {
      throw new UserError(`${path}: has a comma, which Deno cannot open to a command: move it`);
    }
  }
  return [...paths].join(",");
}
