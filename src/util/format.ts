/**
 * A count in at most five characters or so: 950, 12.3k, 1.2M, 4.0G. One decimal from a thousand on,
 * so that a column of them aligns.
 */
export function formatCount(value: number): string {
  for (const [scale, suffix] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]] as const) {
    // A value that would round up to a thousand of the next smaller unit belongs to this one.
    if (value >= scale * 0.99995) return `${(value / scale).toFixed(1)}${suffix}`;
  }
  return value.toFixed(0);
}

/** A number in three significant digits, whole from 100 on: 0.683, 53.8, 1470. */
export function formatSignificant(value: number): string {
  return value >= 99.95 ? value.toFixed(0) : value.toPrecision(3);
}

/** A size in binary units with one decimal, for example `36.5 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let value = bytes;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${units[unit]}`;
}

/** A duration in its two largest units: `0.8 s`, `42 s`, `3 min 07 s`, `2 h 05 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** Breaks text into lines of at most `width` characters at spaces; longer words stay whole. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

/** As {@link wrapText}, but words that are longer than `width` are broken. */
export function foldText(text: string, width: number): string[] {
  const words = text.split(" ").flatMap((word) => {
    if (word.length <= width) return [word];
    const characters = [...word];
    const count = Math.ceil(characters.length / width);
    return Array.from(
      { length: count },
      (_, i) => characters.slice(i * width, (i + 1) * width).join(""),
    );
  });
  return wrapText(words.join(" "), width);
}

/** A count of things: `1 run`, `3 runs`. */
export function plural(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
