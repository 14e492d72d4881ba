/** A JSON object that no schema has looked at yet. */
export type UncheckedObject = { [key: string]: unknown };

/** Whether a value of unknown origin is a JSON object. */
export function isObject(value: unknown): value is UncheckedObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
