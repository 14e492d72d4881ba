import { formatBytes } from "../../util/format.ts";
import { formatScore, scoreLabel } from "../display/score_format.ts";
import { displayName } from "../display_names.ts";
import type { Cell, Table, TableSection } from "../table.ts";
import { bleuUnit, notCompared } from "./compare_translations.ts";
import { type DiffEntry, minimumBleuEffect, type Verdict } from "./diff_entry.ts";
import type { ResultDiff } from "./diff_results.ts";

const missing = "–";

/** Titles of the sections, in order of interest. */
const sectionTitles: readonly (readonly [Exclude<Verdict, "incomparable">, string])[] = [
  ["regressed", "Regressed"],
  ["improved", "Improved"],
  ["within noise", "Within noise"],
];

/**
 * The comparison as one table, regressions first. What could not be compared is listed below it by
 * reason. With `brief`, what stayed within the noise is only counted.
 */
export function diffTable(diff: ResultDiff, { brief = false } = {}): Table {
  const sections = sectionTitles.flatMap(([verdict, title]): TableSection[] => {
    const own = diff.entries.filter((entry) => entry.verdict === verdict);
    if (own.length === 0 || (brief && verdict === "within noise")) return [];
    return [{ title, rows: own.map(diffCells) }];
  });
  return {
    caption: diffHeadline(diff),
    columns: [
      { header: "Task", align: "left" },
      { header: "Model", align: "left" },
      { header: "Metric", align: "left" },
      { header: "old", align: "decimal" },
      { header: "new", align: "decimal" },
      { header: "Change", align: "right" },
      { header: "95 % interval".replace("95", level(diff)), align: "right", dropOrder: 2 },
      { header: "p", align: "right" },
      { header: "Test", align: "left", dropOrder: 1 },
    ],
    sections,
    footnotes: footnotesOf(diff),
  };
}

/** One line on what came of it, for example `lra · profile smoke · 1 regressed, 4 within noise`. */
export function diffHeadline({ suite, profile, counts }: ResultDiff): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0).map(([verdict, count]) =>
    `${count} ${verdict}`
  );
  return [displayName(suite), `profile ${profile}`, parts.join(", ") || "nothing to compare"]
    .join(" · ");
}

function level({ options }: ResultDiff): string {
  return String(Number((100 * (1 - options.alpha)).toPrecision(6)));
}

function diffCells(entry: DiffEntry): Cell[] {
  const { interval, pValue, difference } = entry;
  const change = difference === null ? missing : showChange(entry, difference);
  return [
    displayName(entry.task),
    displayName(entry.model),
    metricName(entry),
    showValue(entry, entry.old),
    showValue(entry, entry.new),
    entry.verdict === "within noise" ? change : {
      text: change,
      style: entry.verdict === "improved" ? "strong" : "warning",
    },
    interval === null
      ? missing
      : `${showChange(entry, interval.low)} to ${showChange(entry, interval.high)}`,
    pValue === null ? missing : showP(pValue),
    testName(entry),
  ];
}

function metricName({ kind, metric, unit, split, setting }: DiffEntry): string {
  const shown = kind === "metric" ? scoreLabel({ name: metric, unit }) : displayName(metric);
  // Names with capitals of their own, such as sacreBLEU, stay as they are.
  const name = /^[a-z]+[A-Z]/.test(shown) ? shown : shown.charAt(0).toUpperCase() + shown.slice(1);
  const plain = kind === "metric" || ["fraction", "bytes", metric].includes(unit);
  const title = plain ? name : `${name}, ${unit}`;
  // The test split is what a reader expects.
  return title + (split === "valid" ? " (valid)" : "") + settingText(setting);
}

function settingText(setting: DiffEntry["setting"]): string {
  if (setting === null) return "";
  return ` at ${setting.contextLength}${setting.carried ? " carried" : ""}`;
}

function showValue({ kind, unit }: DiffEntry, side: DiffEntry["old"]): string {
  if (side === null || side.value === null) return missing;
  if (kind === "runs") {
    return `${side.values.filter(({ value }) => value === 1).length}/${side.values.length}`;
  }
  if (unit === "fraction" || kind === "metric") return formatScore(side.value, unit);
  return unit === "bytes" ? formatBytes(side.value) : side.value.toPrecision(4);
}

function showChange({ relative, unit, kind }: DiffEntry, value: number): string {
  if (kind === "runs") return signed(100 * value, 0) + " %";
  if (relative) return signed(100 * value, 1) + " %";
  if (unit === "fraction") return signed(100 * value, 2);
  return signed(value, unit === bleuUnit ? 2 : 3);
}

function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return (value < 0 ? "−" : "+") + text;
}

function showP(p: number): string {
  return p < 0.001 ? "<0.001" : p.toFixed(3);
}

function testName({ method, old, new: now }: DiffEntry): string {
  if (method === null) return missing;
  const [m, n] = [old?.values.length ?? 0, now?.values.length ?? 0];
  if (method !== "paired t by seed" && method !== "Welch t") return method;
  return `${method}, n ${m === n ? m : `${m} and ${n}`}`;
}

function footnotesOf(diff: ResultDiff): string[] {
  const { options, entries } = diff;
  const points = Number((100 * options.minimumEffect).toPrecision(6));
  const tested = entries.filter(({ pValue }) => pValue !== null).length;
  const notes = [
    `old: ${describe(diff.old)}`,
    `new: ${describe(diff.new)}`,
    `A change counts when p < ${options.alpha} and it is at least ` +
    `${points} percentage ${points === 1 ? "point" : "points"} of accuracy, ` +
    "2 % of any other score, 10 % of a time or 1 % of planned memory.",
  ];
  if (entries.some(({ kind, relative }) => kind === "metric" && relative)) {
    notes.push(
      "Of scores that are not shares the ratios are compared; a change of 10 % or more in every " +
        "seed counts without a test, also of single runs.",
    );
  }
  if (entries.some(({ unit, verdict }) => unit === bleuUnit && verdict !== "incomparable")) {
    notes.push(
      `A change of BLEU counts from ${minimumBleuEffect} points, when the paired bootstrap over ` +
        `sentences has p < ${options.alpha} and an interval without 0, or, for scores that cannot ` +
        "be resampled, when the stored intervals leave out 0.",
    );
  }
  if (tested > 0) {
    const expected = tested * options.alpha;
    notes.push(
      `${tested} tests, not corrected for their number: about ${expected.toFixed(1)} would have ` +
        `p < ${options.alpha} by chance alone.`,
    );
  }
  for (const entry of entries) {
    if (entry.verdict === "incomparable" || entry.reason === null) continue;
    const always = entry.kind === "runs" || entry.reason.includes(notCompared);
    if (entry.verdict === "within noise" && !always) continue;
    notes.push(`${nameOf(entry)}: ${entry.reason}.`);
  }
  const reasons = Map.groupBy(
    entries.filter(({ verdict }) => verdict === "incomparable"),
    ({ reason, kind }) => `${kind === "speed" || kind === "kernel" ? "Times" : ""}|${reason ?? ""}`,
  );
  for (const own of reasons.values()) {
    const names = own.map(nameOf);
    const shown = names.length <= 3 ? names.join(", ") : `${names.length} comparisons`;
    notes.push(`Not comparable: ${shown}: ${own[0].reason ?? "unknown"}.`);
  }
  return notes;
}

function nameOf({ task, model, metric, setting }: DiffEntry): string {
  return `${displayName(task)} ${displayName(model)} ${metric}${settingText(setting)}`;
}

function describe({ name, commit, startedAt }: ResultDiff["old"]): string {
  const of = commit === null ? "no commit recorded" : `commit ${commit.slice(0, 10)}`;
  return `${name} (${of}, ${startedAt.slice(0, 10)})`;
}
