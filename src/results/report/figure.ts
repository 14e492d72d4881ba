import { cssName } from "./palette.ts";

/** A figure of the report: one picture, or several side by side. */
export interface Figure {
  /** Name of its files, and its anchor in the page. */
  id: string;
  title: string;
  /** What the reader should know, one or two sentences; empty where the section says it. */
  caption: string;
  panels: Panel[];
}

/** One picture of a figure. */
export interface Panel {
  /** Suffix of its files; empty where the figure has one panel. */
  id: string;
  svg: string;
}

/** Class of everything that belongs to a model, so that the page can emphasise it. */
export function seriesClass(model: string): string {
  return `series series-${cssName(model)}`;
}
