/** Lines of a generation log, in the log's order. */
export interface GeneratedLines {
  readonly hypotheses: readonly string[];
  readonly references: readonly string[];
}

/**
 * Separates the parts of hyphenated compounds by ` ##AT##-##AT## `, as the published BLEU of WMT14
 * English-German does (Vaswani et al. 2017; `scripts/compound_split_bleu.sh` of fairseq).
 *
 * The original replaces `(\S)-(\S)` on bytes of UTF-8. A neighbour of one byte is used up by the
 * match, so that the second hyphen of `a-b-c` stays; of a longer one only its first byte is, and
 * its last byte serves the next hyphen: `a-ä-b` is split twice. White space is that of ASCII.
 */
export function compoundSplit(line: string): string {
  return line.replace(
    /([^\t-\r ])-(?:([^\t-\r \u0080-\u{10ffff}])|(?=[\u0080-\u{10ffff}]))/gu,
    "$1 ##AT##-##AT## $2",
  );
}

/**
 * Reads the log of `fairseq-generate`: the hypotheses are the last tab-separated fields of lines
 * that start with `H`, the references all after the first tab of lines that start with `T`.
 * Undefined when the last line has no BLEU: the generation is not done.
 */
export function readGenerationLog(lines: readonly string[]): GeneratedLines | undefined {
  if (!lines.at(-1)?.includes("BLEU")) return undefined;
  const starting = (letter: string) => lines.filter((line) => line.startsWith(letter));
  return {
    hypotheses: starting("H").map((line) => line.slice(line.lastIndexOf("\t") + 1)),
    references: starting("T").map((line) => line.slice(line.indexOf("\t") + 1)),
  };
}
