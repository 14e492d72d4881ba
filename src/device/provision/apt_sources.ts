/** One stanza of a deb822 `.sources` file: field names as written, values with their line breaks. */
export type AptSource = ReadonlyMap<string, string>;

/** The options of a one-line entry and the deb822 fields that mean the same (sources.list(5)). */
const OPTION_FIELDS: Readonly<Record<string, string>> = {
  "arch": "Architectures",
  "signed-by": "Signed-By",
  "trusted": "Trusted",
  "check-valid-until": "Check-Valid-Until",
  "valid-until-max": "Valid-Until-Max",
  "check-date": "Check-Date",
  "by-hash": "By-Hash",
};

/** The value of a field, whatever the case of its name. */
export function sourceField(source: AptSource, name: string): string | undefined {
  for (const [key, value] of source) {
    if (key.toLowerCase() === name.toLowerCase()) return value;
  }
  return undefined;
}

/** The white-space separated words of a field; empty where it is missing. */
export function sourceWords(source: AptSource, name: string): string[] {
  return (sourceField(source, name) ?? "").split(/\s+/).filter((word) => word !== "");
}

/**
 * Parses a deb822 `.sources` file. Comments are dropped, also between the lines of a value, and
 * continuation lines (an inline key of `Signed-By`) are kept.
 */
export function parseDeb822(text: string): AptSource[] {
  const sources: AptSource[] = [];
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  for (const stanza of lines.join("\n").split(/\n\s*\n/)) {
    const fields = new Map<string, string>();
    let last = "";
    for (const line of stanza.split("\n")) {
      const match = /^([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)$/.exec(line);
      if (match) {
        last = match[1] ?? "";
        fields.set(last, (match[2] ?? "").trimEnd());
      } else if (/^[ \t]/.test(line) && last !== "") {
        fields.set(last, `${fields.get(last)}\n${line.trimEnd()}`);
      }
    }
    if (fields.size > 0) sources.push(fields);
  }
  return sources;
}

/** Parses a one-line-style `.list` file into the same stanzas as {@link parseDeb822}. */
export function parseOneLine(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const raw of text.split("\n")) {
    const line = raw.replace(/#.*$/, "").trim();
    const match = /^(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)$/.exec(line);
    if (!match) continue;
    const [, type = "", options = "", uri = "", suite = "", components = ""] = match;
    const fields = new Map([["Types", type], ["URIs", uri], ["Suites", suite]]);
    if (components !== "") fields.set("Components", components);
    for (const option of options.split(/\s+/)) {
      const [key = "", value = ""] = option.split("=", 2);
      const field = OPTION_FIELDS[key.toLowerCase()];
      if (field !== undefined) fields.set(field, value.replaceAll(",", " "));
    }
    sources.push(fields);
  }
  return sources;
}

/** Writes stanzas as a deb822 file. */
export function renderDeb822(sources: readonly AptSource[]): string {
  return sources
    .map((source) =>
      [...source].map(([key, value]) =>
        value.startsWith("\n") ? `${key}:${value}\n` : `${key}: ${value}\n`
      ).join("")
    )
    .join("\n");
}
