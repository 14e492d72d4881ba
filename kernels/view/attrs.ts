/** Readers of view attributes. */
import type { Attrs } from "../../src/graph/contract.ts";

/** A list of numbers stored under `name`. */
export function numbersAttr(attrs: Attrs, name: string): number[] {
  const value = attrs[name];
  if (!Array.isArray(value)) throw new TypeError(`attribute ${name} is not a list`);
  return value.map(Number);
}

/** The attribute `shape`. */
export function shapeAttr(attrs: Attrs): number[] {
  return numbersAttr(attrs, "shape");
}
