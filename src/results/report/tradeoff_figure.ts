import { lraTasks } from "../../data/lra_tasks.ts";
import { displayName } from "../display_names.ts";
import { publishedRows } from "../paper.ts";
import { mean } from "../statistics.ts";
import { baselineModel, efficiencyPoints, relativeCost } from "../tables/efficiency.ts";
import { isFourThousand } from "../tables/efficiency_table.ts";
import { taskScores } from "../tables/lra_table.ts";
import { inModelOrder, machineName, type MeasuredSet } from "../tables/measured_set.ts";
import { setNames } from "../tables/set_names.ts";
import { type Figure, type Panel, seriesClass } from "./figure.ts";
import { modelColour } from "./palette.ts";
import { drawPlot, Plot, type PointLabel } from "./plot_host.ts";

/** A model in the plane of speed and accuracy. */
export interface TradeoffPoint {
  model: string;
  label: string;
  /** Times the Transformer. */
  speed: number;
  /** Mean over tasks, percent. */
  accuracy: number;
  /** Times the Transformer; null when not known. */
  memory: number | null;
}

/** The paper's models: average of Table 2 against its speed, memory as area. */
export function publishedTradeoff(): TradeoffPoint[] {
  const rows = publishedRows().filter(({ table }) => table === "mega-table-2");
  return [...Map.groupBy(rows, ({ model }) => model)].flatMap(([model, own]) => {
    const value = (task: string, metric: string) =>
      own.find((row) => row.task === task && row.metric === metric)?.value ?? undefined;
    const speed = value("text-4k", "training-speed");
    const accuracy = value("lra-average", "accuracy");
    if (speed === undefined || accuracy === undefined) return [];
    const memory = value("text-4k", "peak-memory") ?? null;
    return [{ model, label: shortLabel(own[0].label), speed, accuracy, memory }];
  });
}

function shortLabel(label: string): string {
  return label.replace("XFM", "Transformer").replace(" (reimplemented)", "");
}

/** Ours: mean over the tasks that every model has a score on, against relative training speed. */
export function measuredTradeoff(
  set: MeasuredSet,
  sets: readonly MeasuredSet[],
): { points: TradeoffPoint[]; tasks: string[]; source: "4K" | "tasks" } {
  const models = inModelOrder(set.rows.map(({ model }) => model.name));
  const scores = models.map((model) => taskScores(set, model));
  const shared = lraTasks.map((_, i) => i).filter((i) =>
    scores.every((row) => typeof row[i] === "object")
  );
  const costs = sets.find(({ suite, profile, environment }) =>
    suite === "efficiency" && profile === set.profile &&
    machineName(environment) === machineName(set.environment)
  );
  const atLength = costs === undefined
    ? []
    : efficiencyPoints(costs).filter(({ length }) => isFourThousand(length));
  const source = atLength.some(({ model }) => model === baselineModel) ? "4K" : "tasks";
  const points = models.flatMap((model, m): TradeoffPoint[] => {
    const means = shared.flatMap((i) => {
      const score = scores[m][i];
      return typeof score === "object" ? [score.mean] : [];
    });
    const { speed, memory } = source === "4K"
      ? relativeCost(atLength.find((point) => point.model === model), atLength)
      : costOnTasks(set, model, shared.map((i) => lraTasks[i]));
    if (means.length === 0 || speed === null) return [];
    return [{ model, label: displayName(model), speed, accuracy: mean(means), memory }];
  });
  return { points, tasks: shared.map((i) => displayName(lraTasks[i])), source };
}

/** Geometric mean over tasks of the cost relative to the Transformer on the same task. */
function costOnTasks(set: MeasuredSet, model: string, tasks: readonly string[]) {
  const costs = tasks.map((task) => {
    const rows = set.rows.filter((row) => row.task.name === task);
    const points = efficiencyPoints({ rows });
    return relativeCost(points.find((point) => point.model === model), points);
  });
  const geometric = (values: (number | null)[]) => {
    const known = values.flatMap((value) => value === null ? [] : [Math.log(value)]);
    return known.length === 0 || known.length < values.length ? null : Math.exp(mean(known));
  };
  return {
    speed: geometric(costs.map(({ speed }) => speed)),
    memory: geometric(costs.map(({ memory }) => memory)),
  };
}

/** Accuracy against speed: one panel for the paper, one for each of our sets of Long Range Arena. */
export function tradeoffFigures(sets: readonly MeasuredSet[]): Figure[] {
  const area = "The area of a disc is the peak memory.";
  const figures: Figure[] = [{
    id: "tradeoff-paper",
    title: "Published",
    caption: `The Mega paper, Table 2: average over Long Range Arena against training speed at ` +
      `length 4K. ${area}`,
    panels: [tradeoffPanel(publishedTradeoff(), "Accuracy against speed as published")],
  }];
  for (const [set, { title, id }] of setNames(sets.filter(({ suite }) => suite === "lra"))) {
    const { points, tasks, source } = measuredTradeoff(set, sets);
    if (points.length < 2) continue;
    const where = source === "4K"
      ? "at length 4K (efficiency suite)"
      : "of the same runs (geometric mean over the tasks)";
    figures.push({
      id: `tradeoff-${id}`,
      title: `Measured here, profile ${title}`,
      caption: `Mean accuracy over ${
        tasks.join(", ")
      } against the training speed ${where}. ${area}`,
      panels: [tradeoffPanel(points, `Accuracy against speed, profile ${title}`)],
    });
  }
  return figures;
}

function tradeoffPanel(points: readonly TradeoffPoint[], title: string): Panel {
  const radius = ({ memory }: TradeoffPoint) => memory === null ? 5 : 18 * Math.sqrt(memory);
  const text = ({ label, speed, accuracy, memory }: TradeoffPoint) =>
    `${label}: ${accuracy.toFixed(2)} %, ${speed.toFixed(2)} × speed` +
    (memory === null ? "" : `, ${memory.toFixed(2)} × memory`);
  const speeds = points.map(({ speed }) => speed);
  const [least, most] = [Math.min(...speeds), Math.max(...speeds)];
  const ticks = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32].filter((tick) =>
    tick > least * 0.8 && tick < most * 1.25
  );
  const isNamed = (model: string) =>
    model.startsWith("mega") || model.startsWith("s4") || model === baselineModel;
  const colourOf = (model: string) => isNamed(model) ? modelColour(model) : "var(--quiet)";
  const marks = points.map((point) =>
    Plot.dot([point], {
      x: "speed",
      y: "accuracy",
      r: radius(point),
      fill: colourOf(point.model),
      fillOpacity: 0.28,
      stroke: colourOf(point.model),
      strokeWidth: 1.5,
      className: seriesClass(point.model),
      title: text,
    })
  );
  const pointLabels = points.map((point): PointLabel => ({
    text: point.label,
    colour: colourOf(point.model),
    className: seriesClass(point.model),
    x: point.speed,
    y: point.accuracy,
    r: radius(point),
    isBold: isNamed(point.model),
  })).sort((a, b) => Number(b.isBold) - Number(a.isBold));
  const svg = drawPlot({
    title,
    description: points.map(text).join("; ") + ".",
    pointLabels,
    options: {
      width: 560,
      height: 400,
      marginLeft: 46,
      marginRight: 24,
      marginTop: 34,
      marginBottom: 42,
      x: { type: "log", domain: [least * 0.8, most * 1.25] },
      y: { nice: true, inset: 20 },
      r: { type: "identity" },
      marks: [
        Plot.gridY({ stroke: "var(--grid)", strokeOpacity: 1, ticks: 6 }),
        Plot.gridX({ stroke: "var(--grid)", strokeOpacity: 1, ticks }),
        ...marks,
        Plot.axisX({
          tickSize: 0,
          ticks,
          tickFormat: (speed: number) => `${speed}×`,
          label: "Training speed relative to the Transformer",
          labelAnchor: "center",
          labelArrow: "none",
          color: "var(--quiet)",
        }),
        Plot.axisY({
          tickSize: 0,
          ticks: 6,
          label: "Accuracy, %",
          labelArrow: "none",
          color: "var(--quiet)",
        }),
      ],
    },
  });
  return { id: "", svg };
}

/** Models whose colours the figures use. */
export function tradeoffModels(): string[] {
  return publishedTradeoff().map(({ model }) => model);
}
