import { cleanLines } from "../../util/clean_text.ts";

/** Text that is HTML already. */
export class Html {
  /** @param text Markup; the caller vouches for it. */
  constructor(readonly text: string) {}
}

type Value = string | number | Html | readonly Html[];

/** Template tag for HTML: interpolated text is escaped, interpolated HTML is not. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(parts.reduce((text, part, i) => text + render(values[i - 1]) + part));
}

function render(value: Value | undefined): string {
  if (value === undefined) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(({ text }) => text).join("");
  return escapeHtml(String(value));
}

/** Text for content and quoted attributes: escaped, and clean of control characters. */
export function escapeHtml(text: string): string {
  return cleanLines(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
