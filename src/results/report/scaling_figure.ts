import { displayName } from "../display_names.ts";
import { type EfficiencyPoint, efficiencyPoints, scalingExponent } from "../tables/efficiency.ts";
import { inModelOrder, type MeasuredSet } from "../tables/measured_set.ts";
import type { SetName } from "../tables/set_names.ts";
import { type Figure, type Panel, seriesClass } from "./figure.ts";
import { modelColour, modelStyle } from "./palette.ts";
import { drawPlot, type EndLabel, Plot } from "./plot_host.ts";

/** Time and memory of a training sequence against its length, both axes logarithmic. */
export function scalingFigure(set: MeasuredSet, name: SetName): Figure | null {
  const points = efficiencyPoints(set);
  const panels = [
    scalingPanel(
      points,
      "time",
      "Milliseconds per training sequence",
      ({ milliseconds }) => milliseconds,
    ),
    scalingPanel(
      points,
      "memory",
      "Planned memory, MiB",
      ({ bytes }) => bytes === null ? null : bytes / 2 ** 20,
    ),
  ].filter((panel): panel is Panel => panel !== null);
  if (panels.length === 0) return null;
  return {
    id: `scaling-${name.id}`,
    title: `Profile ${name.title}`,
    caption:
      "Both axes are logarithmic, so a power law is a straight line. The exponent beside a name is the " +
      "least-squares fit over all lengths: 1 is linear, 2 quadratic.",
    panels,
  };
}

function scalingPanel(
  all: readonly EfficiencyPoint[],
  id: string,
  label: string,
  read: (point: EfficiencyPoint) => number | null,
): Panel | null {
  const marks: Plot.Markish[] = [];
  const endLabels: EndLabel[] = [];
  const models = inModelOrder(all.map(({ model }) => model));
  const lengths = [...new Set(all.map(({ length }) => length))].toSorted((a, b) => a - b);
  for (const model of models) {
    const own = all.filter((point) => point.model === model).flatMap((point) => {
      const value = read(point);
      return value === null || value <= 0 ? [] : [{ length: point.length, value }];
    });
    if (own.length === 0) continue;
    const colour = modelColour(model);
    const className = seriesClass(model);
    const exponent = scalingExponent(
      own.map(({ length }) => length),
      own.map(({ value }) => value),
    );
    const name = displayName(model);
    marks.push(
      Plot.line(own, { x: "length", y: "value", stroke: colour, strokeWidth: 2, className }),
      Plot.dot(own, {
        x: "length",
        y: "value",
        symbol: modelStyle(model).symbol,
        r: 4,
        fill: colour,
        stroke: "var(--panel)",
        strokeWidth: 1,
        className,
        title: ({ length, value }) => `${name}, length ${length}: ${value.toPrecision(3)}`,
      }),
    );
    endLabels.push({
      ...exponent === null
        ? { text: name }
        : { text: `${name}  L`, superscript: exponent.toFixed(2) },
      colour,
      className,
      y: own[own.length - 1].value,
    });
  }
  if (endLabels.length === 0) return null;
  const values = all.flatMap((point) => read(point) ?? []).filter((value) => value > 0);
  const levels = roundLevels(Math.min(...values), Math.max(...values));
  const svg = drawPlot({
    title: `${label} against length`,
    description: `Lines over sequence length for ${models.map(displayName).join(", ")}.`,
    endLabels,
    options: {
      width: 590,
      height: 360,
      marginLeft: 50,
      marginRight: 180,
      marginTop: 34,
      marginBottom: 38,
      x: { type: "log" },
      y: { type: "log", domain: [levels[0], levels[levels.length - 1]] },
      marks: [
        Plot.gridY({ stroke: "var(--grid)", strokeOpacity: 1, ticks: levels }),
        ...marks,
        Plot.axisX({
          tickSize: 0,
          ticks: lengths,
          tickFormat: (length: number) => `${length}`,
          label: "Length, tokens",
          labelAnchor: "center",
          labelArrow: "none",
          color: "var(--quiet)",
        }),
        Plot.axisY({
          tickSize: 0,
          ticks: levels,
          tickFormat: (level: number) => `${level}`,
          label,
          labelArrow: "none",
          color: "var(--quiet)",
        }),
      ],
    },
  });
  return { id, svg };
}

/** The numbers 1, 2 and 5 times a power of ten between two bounds, with one beyond each end. */
export function roundLevels(low: number, high: number): number[] {
  const levels: number[] = [];
  for (let power = Math.floor(Math.log10(low)) - 1; 10 ** power <= high * 10; power++) {
    for (const digit of [1, 2, 5]) levels.push(Number((digit * 10 ** power).toPrecision(1)));
  }
  const first = levels.findLastIndex((level) => level <= low);
  const last = levels.findIndex((level) => level >= high);
  return levels.slice(first, last + 1);
}
