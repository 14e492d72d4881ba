import { formatBytes, formatCount, formatSignificant } from "../../util/format.ts";
import { displayName } from "../display_names.ts";
import { paperRow } from "../paper.ts";
import type { ResultRow } from "../schema_row.ts";
import type { Cell, Column, Table, TableSection } from "../table.ts";
import {
  baselineModel,
  type EfficiencyPoint,
  efficiencyPoints,
  relativeCost,
  scalingExponent,
  unfusedBaseline,
} from "./efficiency.ts";
import { inModelOrder, type MeasuredSet, setNotes, setTitle } from "./measured_set.ts";
import { missing } from "./score.ts";

/**
 * Speed and memory against length: per model and length the training steps per second and the
 * planned bytes, both also relative to the Transformer, with the exponents of their growth and the
 * figures of the paper's Table 2 beside the longest length.
 */
export function efficiencyTable(sets: readonly MeasuredSet[]): Table {
  const caption = "Efficiency: training on byte-level text by length";
  const [only] = sets;
  const isOnly = sets.length === 1;
  return {
    caption: isOnly ? `${caption} · ${setTitle(only)}` : caption,
    columns,
    sections: sets.flatMap((set) => {
      const prefix = isOnly ? "" : `${setTitle(set)} · `;
      return modelSections(set).map(({ title, rows }) => ({ title: prefix + title, rows }));
    }),
    footnotes: [
      ...sets.flatMap(setNotes),
      ...sets.flatMap(workNotes),
      ...sets.flatMap(operationNotes),
      `Relative figures are multiples of the ${displayName(baselineModel)} at the same length in ` +
      "the same run, with the fused attention that Mega has too; “vs unfused” of the same model " +
      "with its length x length weights in memory, as was usual when the paper appeared.",
      "Memory is that of the training plan (parameters, gradients, moments, intermediates), " +
      "exact and without the driver's own.",
      "Exponent: b of a least-squares fit of time or bytes to length^b over all lengths.",
      "† Published in the Mega paper, Table 2, at length 4K.",
    ],
  };
}

const columns: Column[] = [
  { header: "Length", align: "right" },
  { header: "steps/s", align: "decimal", group: "Time" },
  { header: "ms/sequence", align: "decimal", group: "Time", dropOrder: 3 },
  { header: "speed", align: "decimal", group: "Time" },
  { header: "vs unfused", align: "decimal", group: "Time", dropOrder: 2 },
  { header: "paper †", align: "decimal", group: "Time" },
  { header: "exponent", align: "decimal", group: "Time" },
  { header: "peak", align: "decimal", group: "Memory" },
  { header: "relative", align: "decimal", group: "Memory" },
  { header: "vs unfused", align: "decimal", group: "Memory", dropOrder: 1 },
  { header: "paper †", align: "decimal", group: "Memory" },
  { header: "exponent", align: "decimal", group: "Memory" },
];

function modelSections(set: MeasuredSet): TableSection[] {
  const points = efficiencyPoints(set);
  const failed = set.rows.filter(({ model, sequenceLength, status }) =>
    status !== "completed" &&
    !points.some((point) => point.model === model.name && point.length === sequenceLength)
  );
  const models = inModelOrder(set.rows.map(({ model }) => model.name));
  return models.map((model) => {
    const own = points.filter((point) => point.model === model);
    const lost = new Map(
      failed.filter((row) => row.model.name === model).map((row) => [row.sequenceLength, row]),
    );
    const parameters = own[0]?.parameters ?? [...lost.values()][0]?.model.parameterCount ?? 0;
    const rows = [
      ...own.map((point) => ({
        length: point.length,
        cells: pointCells(point, points, point === own.at(-1)),
      })),
      ...[...lost].map(([length, row]) => ({ length, cells: failedCells(row) })),
    ].sort((a, b) => a.length - b.length);
    return {
      title: `${displayName(model)} · ${formatCount(parameters)} parameters`,
      rows: rows.map(({ cells }) => cells),
    };
  });
}

function failedCells({ sequenceLength, status }: ResultRow): Cell[] {
  const rest = columns.slice(2).map((): Cell => "");
  return [`${sequenceLength}`, { text: `${status} ‡`, style: "warning" }, ...rest];
}

function pointCells(
  point: EfficiencyPoint,
  points: readonly EfficiencyPoint[],
  isLongest: boolean,
): Cell[] {
  const { model, length, milliseconds, bytes, batchSize } = point;
  const { speed, memory } = relativeCost(point, points);
  const unfused = relativeCost(point, points, unfusedBaseline);
  const own = points.filter((other) => other.model === model);
  const sized = own.filter((other) => other.bytes !== null && other.batchSize === batchSize);
  const exponents = [
    scalingExponent(own.map((one) => one.length), own.map((one) => one.milliseconds)),
    scalingExponent(sized.map((one) => one.length), sized.map((one) => one.bytes ?? NaN)),
  ].map((value) => !isLongest ? "" : value === null ? missing : value.toFixed(2));
  const published = (metric: string): Cell => {
    const row = isFourThousand(length) ? paperRow("text-4k", model, metric) : undefined;
    return { text: row?.value == null ? "" : row.value.toFixed(2), style: "muted" };
  };
  const times = (value: number | null) => value === null ? missing : `${value.toFixed(2)}×`;
  return [
    `${length}`,
    formatSignificant(1000 / (milliseconds * batchSize)),
    formatSignificant(milliseconds),
    times(speed),
    times(unfused.speed),
    published("training-speed"),
    exponents[0],
    bytes === null ? missing : formatBytes(bytes),
    times(memory),
    times(unfused.memory),
    published("peak-memory"),
    exponents[1],
  ];
}

/** Footnotes on what a step worked on: batch, data, chunk. */
function workNotes({ profile, rows }: MeasuredSet): string[] {
  const each = (values: (string | number)[]) => [...new Set(values)].join(", ");
  const chunks = rows.flatMap(({ model: { configuration: { encoder } } }) =>
    encoder !== null && typeof encoder === "object" && !Array.isArray(encoder) &&
      typeof encoder.chunk === "number"
      ? [encoder.chunk]
      : []
  );
  const facts = [
    `batches of ${each(rows.map(({ batchSize }) => batchSize))}`,
    `${each(rows.map(({ task }) => task.origin))} sequences of full length`,
    ...chunks.length === 0 ? [] : [`chunks of ${each(chunks)} at every length`],
  ];
  return [`Profile ${profile}: ${facts.join("; ")}.`];
}

/** Footnote on how the operations grow: exact, and the same on every machine. */
function operationNotes(set: MeasuredSet): string[] {
  const known = efficiencyPoints(set).filter(({ operations }) => operations !== null);
  const exponents = inModelOrder(known.map(({ model }) => model)).flatMap((model) => {
    const own = known.filter((point) => point.model === model);
    const exponent = scalingExponent(
      own.map(({ length }) => length),
      own.map(({ operations }) => operations ?? NaN),
    );
    return exponent === null ? [] : [`${displayName(model)} ${exponent.toFixed(2)}`];
  });
  if (exponents.length === 0) return [];
  return [
    `Profile ${set.profile}: exponents of the floating-point operations per sequence, from the ` +
    `cost model: ${exponents.join(", ")}.`,
  ];
}

/** Whether a length is the paper's 4K, with or without the room for special tokens. */
export function isFourThousand(length: number): boolean {
  return Math.abs(length / 4096 - 1) < 0.05;
}
