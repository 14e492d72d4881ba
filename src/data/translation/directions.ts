import { type Direction, EN_DE } from "./parallel_corpus.ts";

/** Directions of translation by name: the source language, then the target language. */
export const directions = ["en-de", "de-en"] as const;
/** See {@link directions}. */
export type DirectionName = typeof directions[number];

/** The languages of a direction. */
export function directionOf(name: DirectionName): Direction {
  return name === "en-de" ? EN_DE : { source: "de", target: "en" };
}

/** The name of a direction; RangeError when both languages are the same. */
export function directionName({ source, target }: Direction): DirectionName {
  const found = directions.find((name) => name === `${source}-${target}`);
  if (found === undefined) throw new RangeError(`no direction leads from ${source} to ${target}`);
  return found;
}
