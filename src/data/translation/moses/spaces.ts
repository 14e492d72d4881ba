import { SPACE } from "./unicode14.ts";

const OTHER_SPACE = new RegExp(`[${SPACE}--[ ]]`, "v");
const SPACES = new RegExp(`[${SPACE}]+`, "gv");

/** A line in which every run of white space of any kind is one plain space. */
export function plainSpaces(text: string): string {
  return OTHER_SPACE.test(text) ? text.replace(SPACES, " ") : oneSpace(text);
}

/** A line in which every run of plain spaces is one space. */
export function oneSpace(text: string): string {
  return text.includes("  ") ? text.replace(/ {2,}/g, " ") : text;
}

/** A line without one plain space at each end; `trim` would take other characters too. */
export function stripSpace(text: string): string {
  const start = text.startsWith(" ") ? 1 : 0;
  const end = text.endsWith(" ") ? text.length - 1 : text.length;
  return start < end ? text.slice(start, end) : "";
}
