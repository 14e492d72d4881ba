/**
 * Words as `subword_nmt` sees them: only the plain space separates them, and only spaces and line
 * ends are stripped. Tabs and no-break spaces are characters like all others.
 */

function isOuter(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d;
}

/** Where the text of a line starts and ends without outer spaces and line ends, in UTF-16 units. */
export function lineBounds(line: string): [start: number, end: number] {
  let [start, end] = [0, line.length];
  while (start < end && isOuter(line.charCodeAt(start))) start++;
  while (end > start && isOuter(line.charCodeAt(end - 1))) end--;
  return [start, end];
}

/** The words of a line. */
export function lineWords(line: string): string[] {
  return line.slice(...lineBounds(line)).split(" ").filter((word) => word !== "");
}
