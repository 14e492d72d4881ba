import { FileNames } from "../../util/file_name.ts";
import { cssName } from "./palette.ts";

/** A figure of the report: one picture, or several side by side. */
export interface Figure {
  /** Name of its files, and its anchor in the page; see {@link nameFigures}. */
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

/**
 * Gives figures and panels ids that are safe as names of files and as anchors, and differ.
 *
 * @param anchors Those of the page so far.
 */
export function nameFigures(figures: readonly Figure[], anchors: FileNames): Figure[] {
  return figures.map(({ id, panels, ...figure }) => {
    const suffixes = new FileNames();
    return {
      ...figure,
      id: anchors.take(id),
      panels: panels.map((panel) =>
        panel.id === "" ? panel : { ...panel, id: suffixes.take(panel.id) }
      ),
    };
  });
}

/** Class of everything that belongs to a model, so that the page can emphasise it. */
export function seriesClass(model: string): string {
  return `series series-${cssName(model)}`;
}
