import { UserError } from "../../errors.ts";
import type { Result } from "../schema.ts";
import { buildTables } from "./build_tables.ts";
import { renderTables } from "./render_tables.ts";

/** Line before the generated part of README. */
export const beginMarker = "<!-- results:begin -->";

/** Line after the generated part of README. */
export const endMarker = "<!-- results:end -->";

/**
 * The generated part of README, markers included: the tables of the given results in Markdown, of
 * the figures of others only those of the S4 family, which our models belong to. The long table of
 * kernels is folded; the smoke profile, which only shows that everything runs, is left out.
 */
export function readmeTables(results: readonly Result[]): string {
  const shown = results.filter(({ profile }) => profile !== "smoke");
  const tables = buildTables(shown, { others: ["s4-family"] });
  const markdown = (kernels: boolean) =>
    renderTables(tables.filter(({ suite }) => (suite === "kernels") === kernels), "markdown")
      .trim();
  const kernels = markdown(true);
  const folded = kernels === ""
    ? []
    : ["<details>", "<summary>Every kernel</summary>", "", kernels, "", "</details>", ""];
  // The formatter would pad the columns of the generated tables.
  const [open, shut] = ["<!-- deno-fmt-ignore-start -->", "<!-- deno-fmt-ignore-end -->"];
  return [beginMarker, open, "", markdown(false), "", ...folded, shut, endMarker].join("\n");
}

/** Whether a text has both markers, in order. */
export function hasMarkers(text: string): boolean {
  const begin = text.indexOf(beginMarker);
  return begin >= 0 && text.indexOf(endMarker, begin) > begin;
}

/**
 * Replaces the part between the markers.
 *
 * @param path Where the text comes from, for the message.
 * @throws {UserError} when the markers are missing.
 */
export function updateReadme(text: string, results: readonly Result[], path: string): string {
  if (!hasMarkers(text)) {
    throw new UserError(`${path}: no "${beginMarker}" and "${endMarker}": add both lines`);
  }
  const begin = text.indexOf(beginMarker);
  const end = text.indexOf(endMarker, begin) + endMarker.length;
  return text.slice(0, begin) + readmeTables(results) + text.slice(end);
}
