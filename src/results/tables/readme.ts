import { UserError } from "../../errors.ts";
import type { Result } from "../schema.ts";
import { buildTables } from "./build_tables.ts";
import { renderTables } from "./render_tables.ts";

/** Line before the generated part of README that holds every table without a block of its own. */
export const beginMarker = "<!-- results:begin -->";

/** Line after that part. */
export const endMarker = "<!-- results:end -->";

/** The lines around the block of one suite, for example `<!-- results:begin lm -->`. */
export function suiteMarkers(suite: string): { begin: string; end: string } {
  return { begin: `<!-- results:begin ${suite} -->`, end: `<!-- results:end ${suite} -->` };
}

/** Which tables a block holds. */
export interface ReadmeBlock {
  /** Only the table of this suite, in a block with its markers. */
  only?: string;
  /** Without the tables of these suites, which have blocks of their own. */
  except?: readonly string[];
}

/**
 * A generated part of README, markers included: the tables of the given results in Markdown, of
 * the figures of others only those of the S4 family, which our models belong to. The long table of
 * kernels is folded; the smoke profile, which only shows that everything runs, is left out.
 */
export function readmeTables(results: readonly Result[], block: ReadmeBlock = {}): string {
  const { only, except = [] } = block;
  const shown = results.filter(({ profile }) => profile !== "smoke");
  const tables = buildTables(shown, { others: ["s4-family"], only }).filter(({ suite }) =>
    !except.includes(suite)
  );
  const markdown = (kernels: boolean) =>
    renderTables(tables.filter(({ suite }) => (suite === "kernels") === kernels), "markdown")
      .trim();
  const kernels = markdown(true);
  const folded = kernels === ""
    ? []
    : ["<details>", "<summary>Every kernel</summary>", "", kernels, "", "</details>", ""];
  // The formatter would pad the columns of the generated tables.
  const [open, shut] = ["<!-- deno-fmt-ignore-start -->", "<!-- deno-fmt-ignore-end -->"];
  const { begin, end } = only === undefined
    ? { begin: beginMarker, end: endMarker }
    : suiteMarkers(only);
  return [begin, open, "", markdown(false), "", ...folded, shut, end].join("\n");
}

/** Whether a text has both markers, in order. */
export function hasMarkers(text: string, begin = beginMarker, end = endMarker): boolean {
  const at = text.indexOf(begin);
  return at >= 0 && text.indexOf(end, at) > at;
}

/**
 * Replaces the parts between the markers: the blocks of single suites, and the block of all tables
 * that have none.
 *
 * @param path Where the text comes from, for the message.
 * @throws {UserError} when a marker is missing, or names a suite that has no table.
 */
export function updateReadme(text: string, results: readonly Result[], path: string): string {
  const suites = [...text.matchAll(/<!-- results:begin ([\w-]+) -->/g)].map((match) => match[1]);
  let updated = text;
  if (suites.length === 0 || text.includes(beginMarker)) {
    const block = readmeTables(results, { except: suites });
    updated = replaceBlock(updated, beginMarker, endMarker, block, path);
  }
  for (const only of suites) {
    const { begin, end } = suiteMarkers(only);
    updated = replaceBlock(updated, begin, end, readmeTables(results, { only }), path);
  }
  return updated;
}

function replaceBlock(text: string, begin: string, end: string, block: string, path: string) {
  if (!hasMarkers(text, begin, end)) {
    throw new UserError(`${path}: no "${begin}" and "${end}": add both lines`);
  }
  const from = text.indexOf(begin);
  return text.slice(0, from) + block + text.slice(text.indexOf(end, from) + end.length);
}
