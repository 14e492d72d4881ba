import { aggregateRows } from "../aggregate.ts";
import { formatScoreUnit, scoreLabel, shownScale } from "../display/score_format.ts";
import { displayName } from "../display_names.ts";
import type { ResultRow } from "../schema_row.ts";
import { inModelOrder, type MeasuredSet } from "../tables/measured_set.ts";
import type { SetName } from "../tables/set_names.ts";
import { type Figure, type Panel, seriesClass } from "./figure.ts";
import { modelColour, modelStyle } from "./palette.ts";
import { drawPlot, type EndLabel, Plot } from "./plot_host.ts";

/** The score of a model over the lengths of the evaluated segments, mean over seeds. */
export interface ContextLine {
  model: string;
  /** Whether the state is carried from segment to segment. */
  carried: boolean;
  /** Shortest first; values in the printed unit. */
  points: { length: number; value: number }[];
}

/** The lines of one task: those of its score on the test split (validation without a test). */
export function contextLines(rows: readonly ResultRow[]): ContextLine[] {
  const found = aggregateRows(rows).filter(({ metric, setting }) =>
    metric === rows[0].score.name && setting !== null
  );
  const split = found.some((one) => one.split === "test") ? "test" : "valid";
  const own = found.filter((one) => one.split === split);
  return inModelOrder(own.map(({ model }) => model)).flatMap((model) =>
    [false, true].map((carried): ContextLine => ({
      model,
      carried,
      points: own.flatMap((one) =>
        one.model === model && one.setting?.carried === carried && one.mean !== null
          ? [{ length: one.setting.contextLength, value: shownScale(one.unit) * one.mean }]
          : []
      ).toSorted((a, b) => a.length - b.length),
    }))
  ).filter(({ points }) => points.length > 0);
}

/**
 * The score against the context length of a language model, as in evaluations at a half to four
 * times the length of training; a panel per task.
 *
 * @returns Null where no run was evaluated in settings beside the usual one.
 */
export function contextFigure(set: MeasuredSet, name: SetName): Figure | null {
  const panels = [...Map.groupBy(set.rows, ({ task }) => task.name)].flatMap(([task, rows]) => {
    const panel = contextPanel(task, rows);
    return panel === null ? [] : [panel];
  });
  if (panels.length === 0) return null;
  return {
    id: `context-${name.id}`,
    title: `Profile ${name.title}`,
    caption: "The same trained models, evaluated on segments of other lengths; the dotted rule " +
      "marks the length of training. Solid lines with filled marks: state carried from segment to " +
      "segment. Dashed lines with hollow marks: every segment by itself. Mean over seeds.",
    panels,
  };
}

function contextPanel(task: string, rows: readonly ResultRow[]): Panel | null {
  const lines = contextLines(rows);
  if (lines.length === 0) return null;
  const { score } = rows[0];
  const marks: Plot.Markish[] = [];
  const endLabels: EndLabel[] = [];
  for (const { model, carried, points } of lines) {
    const colour = modelColour(model);
    const className = seriesClass(model);
    const text = displayName(model) + (carried ? ", carried" : "");
    marks.push(
      Plot.line(points, {
        x: "length",
        y: "value",
        stroke: colour,
        strokeWidth: 2,
        className,
        ...carried ? {} : { strokeDasharray: "5 4" },
      }),
      Plot.dot(points, {
        x: "length",
        y: "value",
        symbol: modelStyle(model).symbol,
        r: 4,
        fill: carried ? colour : "var(--panel)",
        stroke: carried ? "var(--panel)" : colour,
        strokeWidth: carried ? 1 : 1.5,
        className,
        title: ({ length, value }) =>
          `${text}, ${length} tokens: ${
            formatScoreUnit(value / shownScale(score.unit), score.unit)
          }`,
      }),
    );
    endLabels.push({ text, colour, className, y: points[points.length - 1].value });
  }
  const label = scoreLabel(score);
  const lengths = [...new Set(lines.flatMap(({ points }) => points.map(({ length }) => length)))];
  const trained = [...new Set(rows.map(({ sequenceLength }) => sequenceLength))].filter((length) =>
    length >= Math.min(...lengths) && length <= Math.max(...lengths)
  );
  const svg = drawPlot({
    title: `${displayName(task)}: ${label} against context length`,
    description: `Lines over the context length for ${
      lines.map(({ model, carried }) => displayName(model) + (carried ? " carried" : "")).join(", ")
    }.`,
    endLabels,
    options: {
      width: 560,
      height: 360,
      marginLeft: 50,
      marginRight: 150,
      marginTop: 34,
      marginBottom: 38,
      x: { type: "log", base: 2 },
      y: { nice: true },
      marks: [
        Plot.gridY({ stroke: "var(--grid)", strokeOpacity: 1, ticks: 5 }),
        Plot.ruleX(trained, { stroke: "var(--rule)", strokeDasharray: "2 3" }),
        ...marks,
        Plot.axisX({
          tickSize: 0,
          ticks: lengths.toSorted((a, b) => a - b),
          tickFormat: (length: number) =>
            trained.includes(length) ? `${length} (trained)` : `${length}`,
          label: "Context length, tokens",
          labelAnchor: "center",
          labelArrow: "none",
          color: "var(--quiet)",
        }),
        Plot.axisY({
          tickSize: 0,
          ticks: 5,
          label: `${displayName(task)}: ${label}`,
          labelArrow: "none",
          color: "var(--quiet)",
        }),
      ],
    },
  });
  return { id: task, svg };
}
