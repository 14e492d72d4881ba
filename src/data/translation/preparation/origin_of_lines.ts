import type { Print } from "../../data_entry.ts";
import { departure, originOfFolder } from "../../data_origin.ts";
import type { ParallelRecipe } from "../parallel_recipe.ts";

/** A published parallel text, and the folder that may hold it. */
export interface PublishedLines {
  readonly id: string;
  readonly folder: string;
  /** Lines of the published raw texts by name. */
  readonly published: Readonly<Record<string, number>>;
  /** What the published files are called, for example `official files of Multi30k task 1`. */
  readonly official: string;
  /** What other files are called, for example `files in the form of Multi30k`. */
  readonly other: string;
  readonly print: Print | undefined;
}

/** Tells the published text from another one by the numbers of its lines. */
export function originOfLines(
  { published, official, other, ...folder }: PublishedLines,
): ParallelRecipe["origin"] {
  return (lines) => {
    const counts = Object.entries(published).map(([name, count]) => ({
      what: `lines of ${name}`,
      published: count,
      found: lines[name] ?? 0,
    }));
    const { origin, why } = originOfFolder(folder, departure(counts));
    return { origin, source: why === undefined ? official : `${other} (${why})` };
  };
}
