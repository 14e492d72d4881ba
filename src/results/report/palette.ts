/** How a model is drawn: a colour for each theme and a symbol, the same in every figure. */
export interface ModelStyle {
  /** Colour on a light page; at least 3:1 against it. */
  light: string;
  /** Colour on a dark page; at least 3:1 against it. */
  dark: string;
  symbol: "circle" | "square" | "triangle" | "diamond" | "star" | "wye" | "cross";
}

/** Warm colours for Mega, grey for attention alone, cool ones for state space models. */
const known: Readonly<Record<string, ModelStyle>> = {
  mega: { light: "#b3341a", dark: "#ff8b66", symbol: "circle" },
  "mega-chunk": { light: "#9c5f00", dark: "#f4b740", symbol: "square" },
  "mega-softmax": { light: "#b3341a", dark: "#ff8b66", symbol: "circle" },
  "mega-laplace": { light: "#9c5f00", dark: "#f4b740", symbol: "square" },
  transformer: { light: "#58616b", dark: "#aab4bf", symbol: "diamond" },
  "transformer-unfused": { light: "#72695e", dark: "#918a80", symbol: "cross" },
  s4: { light: "#1a5fad", dark: "#74b3ff", symbol: "triangle" },
  "s4d-legs": { light: "#0c7d77", dark: "#48c7bb", symbol: "star" },
  "s4d-lin": { light: "#4a7a1f", dark: "#9dd162", symbol: "wye" },
  "s4d-inv": { light: "#754aa1", dark: "#c79df5", symbol: "diamond" },
};

/** Styles of models that the harness does not know by name. */
const spare: readonly ModelStyle[] = [
  { light: "#9c2766", dark: "#f18fc2", symbol: "diamond" },
  { light: "#3d4fb0", dark: "#9aa8ff", symbol: "square" },
  { light: "#7a6400", dark: "#d9c24a", symbol: "wye" },
  { light: "#2f6f4f", dark: "#7fcfa3", symbol: "triangle" },
];

/** The style of a model; unknown names share the spare styles by a hash of the name. */
export function modelStyle(model: string): ModelStyle {
  if (Object.hasOwn(known, model)) return known[model];
  let hash = 0;
  for (const character of model) hash = (31 * hash + (character.codePointAt(0) ?? 0)) >>> 0;
  return spare[hash % spare.length];
}

/** A name that CSS accepts as part of an identifier; different for different models. */
export function cssName(model: string): string {
  return model.replaceAll(
    /[^a-zA-Z0-9-]/gu,
    (character) => `_${character.codePointAt(0)?.toString(16)}_`,
  );
}

/** The colour of a model as figures refer to it, so that it follows the theme of the page. */
export function modelColour(model: string): string {
  return `var(--model-${cssName(model)})`;
}

/** Colours of a page and its figures besides those of the models. */
export const themes = {
  light: {
    page: "#fbfaf7",
    panel: "#ffffff",
    ink: "#1c1b19",
    quiet: "#615d55",
    rule: "#d9d5cb",
    grid: "#e9e6de",
    link: "#1a5fad",
    mark: "#f3efe4",
    warning: "#96480b",
  },
  dark: {
    page: "#141517",
    panel: "#1b1d20",
    ink: "#ebe8e1",
    quiet: "#a5a197",
    rule: "#3a3c40",
    grid: "#2a2c30",
    link: "#74b3ff",
    mark: "#24262a",
    warning: "#f0a35e",
  },
} as const;

/** A theme of the page. */
export type ThemeName = keyof typeof themes;

/** The custom properties of a theme as CSS declarations. */
export function themeDeclarations(theme: ThemeName, models: readonly string[]): string {
  const colours = Object.entries(themes[theme]).map(([name, value]) => `--${name}:${value}`);
  const series = models.map((model) => `--model-${cssName(model)}:${modelStyle(model)[theme]}`);
  return [`color-scheme:${theme}`, ...colours, ...series].join(";");
}

/** Replaces the custom properties in a figure by the colours of a theme, for files of their own. */
export function resolveColours(svg: string, theme: ThemeName, models: readonly string[]): string {
  const values = new Map<string, string>(Object.entries(themes[theme]));
  for (const model of models) values.set(`model-${cssName(model)}`, modelStyle(model)[theme]);
  return svg.replace(/var\(--([\w-]+)\)/g, (whole, name: string) => values.get(name) ?? whole)
    .replaceAll("currentColor", themes[theme].ink);
}
