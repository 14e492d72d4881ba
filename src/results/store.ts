import type { z } from "zod";
import { UserError } from "../errors.ts";
import { writeFileAtomic } from "../util/atomic_write.ts";
import { parseBoundedJson } from "../util/bounded_json.ts";
import { readRegularText } from "../util/read_regular.ts";
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

/** Size of a result file beyond anything that bench writes, bytes. */
const mostBytes = 2 ** 27;

/**
 * Reads a result file of any known version, migrates it to the current one and checks it.
 *
 * @throws UserError when the file is missing, unreadable or no regular file, is empty, not JSON or
 *   nested too deep, is not a result, is of a newer version, has a wrong field (named by its path),
 *   numbers that cannot be true, or the same run twice.
 */
export async function readResult(path: string): Promise<Result> {
  if (path === "") throw new UserError("the name of a result file is empty: give its path");
  return parseResult(await readRegularText(path, mostBytes), path);
}

/**
 * Parses the text of a result file; see {@link readResult}.
 *
 * @param path Where the text comes from, for messages.
 */
export function parseResult(text: string, path: string): Result {
  const value = parseBoundedJson(text, path);
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
 * Checks a result and writes it, all or nothing, as indented JSON with fields in the order of the
 * schema.
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
  await writeFileAtomic(path, formatResult(checked.data), { replace });
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
