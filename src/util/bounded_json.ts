import { UserError } from "../errors.ts";

/** Levels of nesting that no file of ours comes near, and that every recursion bears. */
export const mostLevels = 64;

/**
 * Parses JSON that a user names. Values that are nested too deep for the functions that walk
 * through them, and texts with half of a surrogate pair, are refused.
 *
 * @param path Where the text comes from, for messages.
 * @throws {UserError} when it is empty, not JSON, nested too deep, or holds a broken character.
 */
export function parseBoundedJson(text: string, path: string): unknown {
  if (text.trim() === "") throw new UserError(`${path}: is empty`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).split("\n")[0];
    throw new UserError(`${path}: not JSON (${reason})`, { cause });
  }
  checkValue(value, path);
  return value;
}

/** Walks by levels instead of calling itself: the value may be nested without bound. */
function checkValue(value: unknown, path: string): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > mostLevels) {
      throw new UserError(`${path}: nested more than ${mostLevels} levels deep`);
    }
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item === "string") checkText(item, path);
      if (typeof item !== "object" || item === null) continue;
      if (!Array.isArray(item)) { for (const key of Object.keys(item)) checkText(key, path); }
      for (const child of Object.values(item)) next.push(child);
    }
    level = next;
  }
}

function checkText(text: string, path: string): void {
  if (!text.isWellFormed()) {
    throw new UserError(`${path}: holds half of a character (a lone surrogate)`);
  }
}
