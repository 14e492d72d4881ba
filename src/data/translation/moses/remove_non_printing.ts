import { LATER } from "./unicode14.ts";

const NON_PRINTING = new RegExp(`[\\p{C}${LATER}]`, "gv");

/**
 * Puts a space in place of every control, format, surrogate, private or unassigned character
 * (`scripts/tokenizer/remove-non-printing-char.perl` of Moses). Tabs, soft hyphens and joiners are
 * such characters; non-breaking spaces and line separators are not. Characters that Unicode added
 * after version 14 count as unassigned.
 */
export function removeNonPrinting(line: string): string {
  return line.replace(NON_PRINTING, " ");
}
