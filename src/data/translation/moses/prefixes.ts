import { UserError } from "../../../errors.ts";

/** Words before a dot that is not the end of a sentence, written without the dot. */
export interface NonbreakingPrefixes {
  /** Keep their dot everywhere but at the end of the line. */
  readonly always: ReadonlySet<string>;
  /** Keep their dot when the next word begins with a digit. */
  readonly numericOnly: ReadonlySet<string>;
}

/**
 * Reads a list as `scripts/tokenizer/tokenizer.perl` of Moses does: a prefix on each line, comments
 * after `#` at the start of a line, ` #NUMERIC_ONLY#` after a prefix that matters before numbers.
 * The last of several lines for a prefix counts.
 *
 * @param where Names the text in messages.
 * @throws {UserError} when it lists nothing.
 */
export function parsePrefixes(text: string, where: string): NonbreakingPrefixes {
  const numeric = new Map<string, boolean>();
  for (const line of text.split(/\r?\n/)) {
    // Perl takes the line "0" for an empty one.
    if (line === "" || line === "0" || line.startsWith("#")) continue;
    const marked = /^(.*)\s#NUMERIC_ONLY#/.exec(line);
    numeric.set(marked?.[1] ?? line, marked !== null);
  }
  if (numeric.size === 0) {
    throw new UserError(
      `${where}: lists no prefixes: fetch nonbreaking_prefix files of Moses again`,
    );
  }
  const listed = (wanted: boolean) =>
    new Set([...numeric].filter(([, only]) => only === wanted).map(([prefix]) => prefix));
  return { always: listed(false), numericOnly: listed(true) };
}
