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
