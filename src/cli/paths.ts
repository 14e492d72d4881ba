import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.ts";

/** Reads an environment variable; undefined where it is not set. */
export type ReadEnv = (name: string) => string | undefined;

/** The folder of this checkout: the one that holds deno.json. */
export const PROJECT_ROOT = resolve(fileURLToPath(new URL("../..", import.meta.url)));

/** Where result files go unless `--output` says otherwise. */
export const RESULTS_FOLDER = join(PROJECT_ROOT, "results");

/** Where cells are kept: the folder that was asked for, or `results/cells`. */
export function cellsFolder(chosen: string | undefined): string {
  return chosen === undefined ? join(RESULTS_FOLDER, "cells") : resolve(chosen);
}

/** Commit of the checkout, which the launcher reads; null outside of one. */
export function presentCommit(env: ReadEnv): string | null {
  return env("MEGA_GIT_COMMIT") || null;
}

const NAME = "mega-webgpu";

/**
 * The folder for everything that can be fetched or computed again: `MEGA_CACHE`, else
 * `mega-webgpu` in `XDG_CACHE_HOME`, else in the platform's cache folder (XDG Base Directory
 * Specification: a relative `XDG_CACHE_HOME` is ignored).
 *
 * @throws {UserError} when the environment names no home.
 */
export function cacheFolder(env: ReadEnv, os: typeof Deno.build.os = Deno.build.os): string {
  const chosen = env("MEGA_CACHE");
  if (chosen) return resolve(chosen);
  const xdg = env("XDG_CACHE_HOME");
  if (xdg && isAbsolute(xdg)) return join(xdg, NAME);
  const local = os === "windows" ? env("LOCALAPPDATA") : undefined;
  if (local) return join(local, NAME);
  const home = env("HOME") || env("USERPROFILE");
  if (home) return join(home, os === "darwin" ? "Library/Caches" : ".cache", NAME);
  throw new UserError("no cache folder: HOME is not set; set MEGA_CACHE to a folder");
}

/** The folders of the cache that commands fill; that of the drivers is the launcher's alone. */
export const CACHE_PARTS: readonly string[] = [
  "data",
  "image",
  "listops",
  "lm",
  "pathfinder",
  "retrieval",
  "runtime",
  "shaders",
  "text",
  "translation",
];

/** The parts of the cache. */
export interface CacheFolders {
  /** Provided software Vulkan drivers. */
  readonly driver: string;
  /** The driver's compiled kernels. */
  readonly shaders: string;
  /** Generated and fetched data sets; `MEGA_DATA` overrides it. */
  readonly data: string;
}

/** The parts of the cache below {@link cacheFolder}. */
export function cacheFolders(env: ReadEnv): CacheFolders {
  const cache = cacheFolder(env);
  const data = env("MEGA_DATA");
  return {
    driver: join(cache, "driver"),
    shaders: join(cache, "shaders"),
    data: data ? resolve(data) : join(cache, "data"),
  };
}

/** A path with its links resolved, as far as it exists; one that goes in circles as it is. */
export function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}
