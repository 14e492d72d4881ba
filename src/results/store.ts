import type { z } from "zod";
import { UserError } from "../errors.ts";
import { writeFileAtomic } from "../util/atomic_write.ts";
import { migrate, resultMigrations } from "./migrations.ts";
import { type Result, resultSchema, resultSchemaId, resultSchemaVersion } from "./schema.ts";
import { isObject } from "./unchecked.ts";

/**
 * Where a result goes unless the user says otherwise.
 *
 * @returns `results/<suite>-<profile>-<UTC time>.json`, the time as `20260131T120000Z`.
 */
export function defaultResultPath(suite: string, profile: string, startedAt: Date): string {
  const time = startedAt.toISOString().replace(/[-:]|\.\d+/g, "");
  return `results/${suite}-${profile}-${time}.json`;
}

/**
 * Reads a result file of any known version, migrates it to the current one and checks it.
 *
 * @throws UserError when the file is missing or unreadable, is not JSON, is not a result, is of a
 *   newer version, or has a wrong field (named by its path).
 */
export async function readResult(path: string): Promise<Result> {
  return parseResult(await readText(path), path);
}

/**
 * Parses the text of a result file; see {@link readResult}.
 *
 * @param path Where the text comes from, for messages.
 */
export function parseResult(text: string, path: string): Result {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${path}: not JSON (${firstLine(error)}): give a result file`, {
      cause: error,
    });
  }
  if (!isObject(value) || value.schema !== resultSchemaId) {
    throw new UserError(
      `${path}: not a result file ("schema" is not "${resultSchemaId}"): give a file that bench wrote`,
    );
  }
  const version = value.version;
  if (typeof version !== "number" || !Number.isInteger(version) || version < 1) {
    throw new UserError(`${path}: "version" must be a whole number from 1: write the result anew`);
  }
  if (version > resultSchemaVersion) {
    throw new UserError(
      `${path}: result version ${version} is newer than ${resultSchemaVersion}, ` +
        "the newest that this program reads: update the program",
    );
  }
  const migrated = migrate(value, version, resultSchemaVersion, resultMigrations);
  if (migrated === null) {
    throw new UserError(`${path}: result version ${version} cannot be read any more: run it anew`);
  }
  const checked = resultSchema.safeParse(migrated);
  if (!checked.success) throw new UserError(`${path}: ${describeIssue(checked.error)}`);
  return checked.data;
}

/**
 * Checks a result and writes it, all or nothing, as indented JSON.
 *
 * @param options Whether an existing file may be replaced.
 * @throws Error when the result breaks its own schema, which is a fault of the program.
 * @throws UserError when the file cannot be written, or exists and may not be replaced.
 */
export async function writeResult(
  path: string,
  result: Result,
  { replace = true }: { readonly replace?: boolean } = {},
): Promise<void> {
  const checked = resultSchema.safeParse(result);
  if (!checked.success) {
    throw new Error(`result breaks its schema: ${describeIssue(checked.error)}`);
  }
  await writeFileAtomic(path, formatResult(result), { replace });
}

/** Arrays of more points than this would drown the file if every point had lines of its own. */
const pointKeys: ReadonlySet<string> = new Set(["curve", "validationCurve", "samples", "values"]);

/** JSON text of a result: indented, with one line per point of a curve or series. */
export function formatResult(result: Result): string {
  return `${format(result, "", undefined)}\n`;
}

function format(value: unknown, indent: string, key: string | undefined): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const compact = key !== undefined && pointKeys.has(key);
  const parts = Array.isArray(value)
    ? value.map((item) => compact ? JSON.stringify(item) : format(item, inner, undefined))
    : Object.entries(value).map(([name, item]) =>
      `${JSON.stringify(name)}: ${format(item, inner, name)}`
    );
  const [open, shut] = Array.isArray(value) ? "[]" : "{}";
  if (parts.length === 0) return open + shut;
  if (
    compact && typeof value === "object" && Array.isArray(value) && typeof value[0] === "number"
  ) {
    return `[${parts.join(", ")}]`;
  }
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${shut}`;
}

async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new UserError(`${path}: no such file: give the path of a result file`, {
        cause: error,
      });
    }
    throw new UserError(
      `${path}: cannot be read (${firstLine(error)}): check the path and its rights`,
      {
        cause: error,
      },
    );
  }
}

/** One line about the first wrong field: its path and what is wrong with it. */
function describeIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  const path = issue.path.reduce<string>(
    (text, key) =>
      typeof key === "number" ? `${text}[${key}]` : `${text}${text && "."}${String(key)}`,
    "",
  );
  const more = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : "";
  return `field ${path || "at the top"}: ${issue.message}${more}`;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0];
}
