/// <reference lib="dom" />
// Not in the import map: whatever stands there is fetched before the first command of any kind.
// deno-lint-ignore no-import-prefix
import * as Plot from "npm:@observablehq/plot@0.6.17";
// deno-lint-ignore no-import-prefix
import { parseHTML } from "npm:linkedom@0.18.15";

export { Plot };

/** The font of all figures; the page and the PNG renderer bring it along. */
export const figureFont = "Source Sans 3";

/** Label at the right end of a line. */
export interface EndLabel {
  text: string;
  colour: string;
  /** Class that ties the label to its series. */
  className: string;
  /** Value on the vertical axis at which the line ends. */
  y: number;
}

/** A plot to draw, with what Plot has no options for. */
export interface Drawing {
  options: Plot.PlotOptions;
  /** Accessible name and description of the picture. */
  title: string;
  description: string;
  /** Labels beside the right edge, moved apart where they would collide. */
  endLabels?: readonly EndLabel[];
}

const labelGap = 15;
const svgNamespace = "http://www.w3.org/2000/svg";

/** Draws a plot as SVG text whose colours are custom properties of the page. */
export function drawPlot({ options, title, description, endLabels = [] }: Drawing): string {
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
  const text = (name: string, content: string) => {
    const element = document.createElementNS(svgNamespace, name);
    element.textContent = content;
    return element;
  };
  svg.prepend(text("title", title), text("desc", description));
  const y = plot.scale("y");
  const width = Number(svg.getAttribute("width"));
  const left = width - (options.marginRight ?? 20) + 8;
  const positions = spread(endLabels.map((label) => Number(y?.apply(label.y))), labelGap);
  endLabels.forEach((label, i) => {
    const element = text("text", label.text);
    const attributes = {
      x: left,
      y: positions[i],
      dy: "0.32em",
      fill: label.colour,
      "text-anchor": "start",
      "font-weight": 600,
      class: label.className,
    };
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, `${value}`);
    svg.append(element);
  });
  return svg.outerHTML;
}

/** Moves positions apart to a smallest gap, keeping their order and their common centre. */
export function spread(wanted: readonly number[], gap: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  // Blocks of labels that touch: each keeps its members' mean position.
  const blocks: { members: number[]; centre: number }[] = [];
  const extent = (block: typeof blocks[number]) => (block.members.length - 1) * gap / 2;
  for (const index of order) {
    let block = { members: [index], centre: wanted[index] };
    for (;;) {
      const last = blocks.at(-1);
      if (last === undefined) break;
      if (last.centre + extent(last) + gap <= block.centre - extent(block)) break;
      blocks.pop();
      const members = [...last.members, ...block.members];
      const centre = members.reduce((sum, i) => sum + wanted[i], 0) / members.length;
      block = { members, centre };
    }
    blocks.push(block);
  }
  const positions = new Array<number>(wanted.length);
  for (const block of blocks) {
    block.members.forEach((index, k) => {
      positions[index] = block.centre - extent(block) + k * gap;
    });
  }
  return positions;
}
