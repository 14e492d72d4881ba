// Not in the import map: whatever stands there is fetched before the first command of any kind.
// deno-lint-ignore no-import-prefix
import sans from "npm:@fontsource/source-sans-3@5.3.1/files/source-sans-3-latin-400-normal.woff2" with {
  type: "bytes",
};
// deno-lint-ignore no-import-prefix
import sansBold from "npm:@fontsource/source-sans-3@5.3.1/files/source-sans-3-latin-600-normal.woff2" with {
  type: "bytes",
};
// deno-lint-ignore no-import-prefix
import serifBold from "npm:@fontsource/source-serif-4@5.3.1/files/source-serif-4-latin-600-normal.woff2" with {
  type: "bytes",
};

/** A font file (WOFF2, Latin) under the SIL Open Font License. */
export interface FontFile {
  family: string;
  weight: number;
  bytes: Uint8Array;
}

/** The fonts of the page and its figures. */
export const fonts: readonly FontFile[] = [
  { family: "Source Sans 3", weight: 400, bytes: sans },
  { family: "Source Sans 3", weight: 600, bytes: sansBold },
  { family: "Source Serif 4", weight: 600, bytes: serifBold },
];

/** CSS that declares the fonts with their bytes inside. */
export function fontFaces(): string {
  return fonts.map(({ family, weight, bytes }) =>
    `@font-face{font-family:"${family}";font-weight:${weight};font-display:block;` +
    `src:url(data:font/woff2;base64,${bytes.toBase64()}) format("woff2")}`
  ).join("");
}
