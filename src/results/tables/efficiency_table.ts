import { formatBytes } from "../../util/format.ts";
import { displayName } from "../display_names.ts";
import { paperRow } from "../paper.ts";
import type { Cell, Column, Table } from "../table.ts";
import {
  baselineModel,
  type EfficiencyPoint,
  efficiencyPoints,
  relativeCost,
  scalingExponent,
} from "./efficiency.ts";
import { inModelOrder, type MeasuredSet, setNotes, setTitle } from "./measured_set.ts";
import { missing } from "./score.ts";

/**
 * Speed and memory against length: per model and length the time of a training sequence and the
 * planned bytes, both also relative to the Transformer, with the exponents of their growth and the
 * figures of the paper's Table 2 beside the longest length.
 */
export function efficiencyTable(sets: readonly MeasuredSet[]): Table {
  const caption = "Efficiency: training on byte-level text by length";
  const [only] = sets;
  const isOnly = sets.length === 1;
  const title = (set: MeasuredSet, model: string) =>
    isOnly ? displayName(model) : `${setTitle(set)} · ${displayName(model)}`;
  return {
    caption: isOnly ? `${caption} · ${setTitle(only)}` : caption,
    columns,
    sections: sets.flatMap((set) => {
      const points = efficiencyPoints(set);
      return inModelOrder(points.map(({ model }) => model)).map((model) => {
        const own = points.filter((point) => point.model === model);
        return {
          title: title(set, model),
          rows: own.map((point) => pointCells(point, points, point === own.at(-1))),
        };
      });
    }),
    footnotes: [
      ...sets.flatMap(setNotes),
      `Relative figures are multiples of the ${displayName(baselineModel)} at the same length in ` +
      "the same run; the memory is that of the training plan, exact and without the driver's own.",
      "Exponent: b of a least-squares fit of time or bytes to length^b over all lengths.",
      "† Published in the Mega paper, Table 2, at length 4K.",
    ],
  };
}

const columns: Column[] = [
  { header: "Length", align: "right" },
  { header: "ms/sequence", align: "decimal", group: "Time" },
  { header: "speed", align: "decimal", group: "Time" },
  { header: "paper †", align: "decimal", group: "Time" },
  { header: "exponent", align: "decimal", group: "Time" },
  { header: "peak", align: "decimal", group: "Memory" },
  { header: "relative", align: "decimal", group: "Memory" },
  { header: "paper †", align: "decimal", group: "Memory" },
  { header: "exponent", align: "decimal", group: "Memory" },
];

function pointCells(
  point: EfficiencyPoint,
  points: readonly EfficiencyPoint[],
  isLongest: boolean,
): Cell[] {
  const { model, length, milliseconds, bytes } = point;
  const { speed, memory } = relativeCost(point, points);
  const own = points.filter((other) => other.model === model);
  const sized = own.filter((other) => other.bytes !== null && other.batchSize === point.batchSize);
  const exponents = [
    scalingExponent(own.map((one) => one.length), own.map((one) => one.milliseconds)),
    scalingExponent(sized.map((one) => one.length), sized.map((one) => one.bytes ?? NaN)),
  ].map((value) => !isLongest ? "" : value === null ? missing : value.toFixed(2));
  const published = (metric: string): Cell => {
    const value = isFourThousand(length) ? paperRow("text-4k", model, metric)?.value : undefined;
    return { text: value == null ? "" : value.toFixed(2), style: "muted" };
  };
  const times = (value: number | null) => value === null ? missing : `${value.toFixed(2)}×`;
  return [
    `${length}`,
    milliseconds.toPrecision(3),
    times(speed),
    published("training-speed"),
    exponents[0],
    bytes === null ? missing : formatBytes(bytes),
    times(memory),
    published("peak-memory"),
    exponents[1],
  ];
}

/** Whether a length is the paper's 4K, with or without the room for special tokens. */
export function isFourThousand(length: number): boolean {
  return Math.abs(length / 4096 - 1) < 0.05;
}
