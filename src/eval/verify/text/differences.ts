/** Compares results of text processing, which are exact but for rounding in the last places. */

/** Relative error that printed and parsed doubles may have. */
const RELATIVE = 1e-9;

/** A value of the file and what was computed instead. */
export interface Difference {
  /** Such as `output.ids[3][0]`. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

/** What a comparison found. */
export interface ComparedValues {
  /** Strings, numbers and other leaves of the file. */
  readonly values: number;
  readonly differences: readonly Difference[];
}

/** Compares everything that `expected` holds; `found` may hold more. */
export function compareText(expected: unknown, found: unknown, path = "output"): ComparedValues {
  const differences: Difference[] = [];
  let values = 0;
  const differ = (path: string, expected: unknown, found: unknown) =>
    differences.push({ path, expected: shown(expected), found: shown(found) });
  const visit = (expected: unknown, found: unknown, path: string): void => {
    if (Array.isArray(expected)) {
      const list = listOf(found);
      if (list === undefined) return void differ(path, expected, found);
      if (list.length !== expected.length) {
        values++;
        differ(`${path}.length`, expected.length, list.length);
      }
      const both = Math.min(list.length, expected.length);
      for (let i = 0; i < both; i++) visit(expected[i], list[i], `${path}[${i}]`);
    } else if (isRecord(expected)) {
      if (!isRecord(found)) return void differ(path, expected, found);
      for (const [key, value] of Object.entries(expected)) {
        visit(value, found[key], `${path}.${key}`);
      }
    } else {
      values++;
      if (!equal(expected, found)) differ(path, expected, found);
    }
  };
  visit(expected, found, path);
  return { values, differences };
}

function listOf(value: unknown): ArrayLike<unknown> | undefined {
  if (Array.isArray(value) || value instanceof Int32Array) return value;
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function equal(expected: unknown, found: unknown): boolean {
  if (typeof expected !== "number" || typeof found !== "number") return expected === found;
  // Whole numbers are counts, unless what was computed is not whole: 40.0 in JSON reads as 40.
  if (Number.isInteger(expected) && Number.isInteger(found)) return expected === found;
  return Math.abs(found - expected) <= RELATIVE * Math.abs(expected);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
