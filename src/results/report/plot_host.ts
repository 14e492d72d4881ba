/// <reference lib="dom" />
// Not in the import map: whatever stands there is fetched before the first command of any kind.
// deno-lint-ignore no-import-prefix
import * as Plot from "npm:@observablehq/plot@0.6.17";
// deno-lint-ignore no-import-prefix
import { parseHTML } from "npm:linkedom@0.18.15";
import { cleanLines } from "../../util/clean_text.ts";
import { placeLabels, spread } from "./label_layout.ts";

export { Plot };

/** The font of all figures; the page and the PNG renderer bring it along. */
export const figureFont = "Source Sans 3";

/** Label at the right end of a line. */
export interface EndLabel {
  text: string;
  /** Exponent set after the text. */
  superscript?: string;
  colour: string;
  /** Class that ties the label to its series. */
  className: string;
  /** Value on the vertical axis at which the line ends. */
  y: number;
}

/** Label beside a disc; it goes where it covers neither discs nor other labels. */
export interface PointLabel {
  text: string;
  colour: string;
  className: string;
  /** Centre of the disc in data coordinates, and its radius in pixels. */
  x: number;
  y: number;
  r: number;
  isBold: boolean;
}

/** A plot to draw, with what Plot has no options for. */
export interface Drawing {
  options: Plot.PlotOptions;
  /** Accessible name and description of the picture. */
  title: string;
  description: string;
  /** Labels beside the right edge, moved apart where they would collide. */
  endLabels?: readonly EndLabel[];
  /** Labels of discs, the most important first. */
  pointLabels?: readonly PointLabel[];
}

const labelGap = 15;
const svgNamespace = "http://www.w3.org/2000/svg";

/** Draws a plot as SVG text whose colours are custom properties of the page. */
export function drawPlot(drawing: Drawing): string {
  const { options, title, description, endLabels = [], pointLabels = [] } = drawing;
  const { document } = parseHTML("<html><body></body></html>");
  const plot = Plot.plot({
    ...options,
    document,
    style: { fontFamily: `"${figureFont}", sans-serif`, fontSize: "13px", background: "none" },
  });
  const svg = plot.matches("svg") ? plot : plot.querySelector("svg");
  if (svg === null) throw new Error("the plot has no picture");
  // Plot's own rules are written for pages that use it; ours are in the style sheet.
  svg.querySelector("style")?.remove();
  svg.setAttribute("xmlns", svgNamespace);
  svg.setAttribute("role", "img");
  svg.setAttribute("class", "plot");
  const add = (
    name: string,
    content: string,
    attributes: Readonly<Record<string, string | number>> = {},
  ) => {
    const element = document.createElementNS(svgNamespace, name);
    element.textContent = content;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, `${value}`);
    return element;
  };
  svg.prepend(add("title", title), add("desc", description));
  const [x, y] = [plot.scale("x"), plot.scale("y")];
  const width = Number(svg.getAttribute("width"));
  const bottom = Number(svg.getAttribute("height")) - (options.marginBottom ?? 30);
  const positions = spread(endLabels.map((label) => Number(y?.apply(label.y))), labelGap, bottom);
  endLabels.forEach(({ text, superscript, colour, className }, i) => {
    const label = add("text", text, {
      x: width - (options.marginRight ?? 20) + 8,
      y: positions[i],
      dy: "0.32em",
      fill: colour,
      "text-anchor": "start",
      "font-weight": 600,
      class: className,
    });
    if (superscript !== undefined) {
      label.append(add("tspan", superscript, { dy: "-0.42em", "font-size": "10px" }));
    }
    svg.append(label);
  });
  const discs = pointLabels.map((label) => ({
    x: Number(x?.apply(label.x)),
    y: Number(y?.apply(label.y)),
    r: label.r,
    width: 6.4 * label.text.length,
  }));
  const places = placeLabels(discs, { left: options.marginLeft ?? 40, right: width });
  pointLabels.forEach(({ text, colour, className, isBold }, i) => {
    svg.append(add("text", text, {
      ...places[i],
      dy: "0.32em",
      fill: colour,
      "text-anchor": "middle",
      "font-weight": isBold ? 600 : 400,
      class: className,
    }));
  });
  // Names in titles and labels may hold what no XML may; the picture is one text already.
  return cleanLines(svg.outerHTML);
}
