import { displayName, taskTitle } from "../display_names.ts";
import { scoreLabel, shownScale } from "../display/score_format.ts";
import type { ResultRow } from "../schema_row.ts";
import { mean } from "../statistics.ts";
import { inModelOrder, type MeasuredSet } from "../tables/measured_set.ts";
import type { SetName } from "../tables/set_names.ts";
import { type Figure, type Panel, seriesClass } from "./figure.ts";
import { modelColour } from "./palette.ts";
import { drawPlot, type EndLabel, Plot } from "./plot_host.ts";

/** A point of a curve: number of updates and value. */
export interface CurvePoint {
  step: number;
  value: number;
}

/** The ticks of an axis with a single value would have six decimals. */
const plainNumber = (value: number) => value.toLocaleString("en");

/** More points than this look the same and weigh more. */
const mostPoints = 240;

/** A figure per task: validation score (or loss) and training loss over the updates. */
export function curveFigures(set: MeasuredSet, name: SetName): Figure[] {
  const tasks = Map.groupBy(set.rows, ({ task }) => taskTitle(task));
  return [...tasks].flatMap(([title, rows]): Figure[] => {
    const { name: task, direction } = rows[0].task;
    const hasScore = rows.some((row) => row.validationCurve.some(({ score }) => score !== null));
    const { score: kind } = rows[0];
    const panels = [
      curvePanel(
        rows,
        "validation",
        hasScore ? `Validation ${scoreLabel(kind)}` : "Validation loss, nats",
        (row) =>
          row.validationCurve.map(({ step, loss, score }) => ({
            step,
            value: !hasScore ? loss : score === null ? null : shownScale(kind.unit) * score,
          })),
      ),
      curvePanel(
        rows,
        "loss",
        "Training loss, nats",
        (row) => row.curve.map(({ step, loss }) => ({ step, value: loss })),
      ),
    ].filter((panel): panel is Panel => panel !== null);
    if (panels.length === 0) return [];
    return [{
      id: `curves-${name.id}-${task}${direction === undefined ? "" : `-${direction}`}`,
      title,
      caption: "",
      panels,
    }];
  });
}

type Read = (row: ResultRow) => { step: number; value: number | null }[];

function curvePanel(
  rows: readonly ResultRow[],
  id: string,
  label: string,
  read: Read,
): Panel | null {
  const marks: Plot.Markish[] = [];
  const endLabels: EndLabel[] = [];
  const models = inModelOrder(rows.map(({ model }) => model.name));
  for (const model of models) {
    const runs = rows.filter((row) => row.model.name === model).map((row) => ({
      seed: row.seed,
      points: thin(read(row).flatMap(({ step, value }) => value === null ? [] : [{ step, value }])),
    })).filter(({ points }) => points.length > 0);
    if (runs.length === 0) continue;
    const average = meanCurve(runs.map(({ points }) => points));
    const main = average.length > 0 ? average : runs[0].points;
    const common = {
      x: "step",
      y: "value",
      stroke: modelColour(model),
      className: seriesClass(model),
    };
    const name = displayName(model);
    if (runs.length > 1) {
      for (const { seed, points } of runs) {
        marks.push(Plot.lineY(points, {
          ...common,
          strokeWidth: 1,
          strokeOpacity: 0.4,
          title: () => `${name}, seed ${seed}`,
        }));
      }
    }
    // A line of one point has no length.
    if (main.length === 1) marks.push(Plot.dot(main, { ...common, r: 3, fill: common.stroke }));
    marks.push(Plot.lineY(main, {
      ...common,
      strokeWidth: 2.25,
      title: () => runs.length > 1 ? `${name}, mean of ${runs.length} seeds` : name,
    }));
    const last = main[main.length - 1];
    endLabels.push({
      text: name,
      colour: modelColour(model),
      className: seriesClass(model),
      y: last.value,
    });
  }
  if (endLabels.length === 0) return null;
  const task = taskTitle(rows[0].task);
  const svg = drawPlot({
    title: `${task}: ${label}`,
    description: `Lines over updates for ${models.map(displayName).join(", ")}.`,
    endLabels,
    options: {
      width: 560,
      height: 320,
      marginLeft: 46,
      marginRight: 104,
      marginTop: 34,
      marginBottom: 38,
      x: { label: "Updates", labelAnchor: "right", labelArrow: "none", ticks: 5, nice: true },
      y: { label, labelArrow: "none", grid: false, ticks: 5, nice: true },
      marks: [
        Plot.gridY({ stroke: "var(--grid)", strokeOpacity: 1, ticks: 5 }),
        ...marks,
        Plot.axisX({
          tickSize: 0,
          ticks: 5,
          tickFormat: plainNumber,
          label: "Updates",
          labelAnchor: "center",
          labelArrow: "none",
          color: "var(--quiet)",
        }),
        Plot.axisY({
          tickSize: 0,
          ticks: 5,
          tickFormat: plainNumber,
          label,
          labelArrow: "none",
          color: "var(--quiet)",
        }),
      ],
    },
  });
  return { id, svg };
}

/** Keeps every k-th point and the last, so that no more than `mostPoints` remain. */
export function thin<P>(points: readonly P[]): P[] {
  const stride = Math.ceil(points.length / mostPoints);
  return points.filter((_, i) => i % stride === 0 || i === points.length - 1);
}

/** The mean over runs at the steps that all of them have. */
export function meanCurve(runs: readonly (readonly CurvePoint[])[]): CurvePoint[] {
  const [first, ...others] = runs.map((run) =>
    new Map(run.map(({ step, value }) => [step, value]))
  );
  if (first === undefined) return [];
  return [...first].flatMap(([step, value]) => {
    const values = [value, ...others.flatMap((run) => run.get(step) ?? [])];
    return values.length === runs.length ? [{ step, value: mean(values) }] : [];
  });
}
