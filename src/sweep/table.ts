/** The table of a sweep: its jobs as text of a given size. */
import { stripVTControlCharacters } from "node:util";
import { formatScore } from "../results/display/score_format.ts";
import type { Cell, Column, Table } from "../results/table.ts";
import { renderText } from "../results/table_text.ts";
import { cleanLine } from "../util/clean_text.ts";
import { formatDuration, wrapText } from "../util/format.ts";
import { settingText, variedSettings } from "./expand.ts";
import type { Setting, SweepPlan } from "./plan.ts";
import { countPhases, estimateSecondsLeft, type JobPhase, type JobView } from "./views.ts";

/** What the table is about, and the room that it has. */
export interface TableOptions {
  readonly name: string;
  readonly plan: Pick<SweepPlan, "settings">;
  /** Jobs that run at a time, for the estimate of the time left; `null` for those that do now. */
  readonly processes: number | null;
  /** Columns of the terminal. */
  readonly width: number;
  /** Lines of the terminal; `Infinity` for all jobs. */
  readonly height: number;
  readonly colour: boolean;
}

/** Lines beside those of jobs and of the caption: gap, header, two rules, the line on the rest. */
const FRAME = 5;
/** At most so many reasons of failures are shown. */
const MOST_REASONS = 5;
const BAR = 10;

/** What is shown first where there is not room for all jobs. */
const importance: readonly JobPhase[] = [
  "running",
  "failed",
  "locked",
  "interrupted",
  "waiting",
  "diverged",
  "done",
];

const styles: Partial<Record<JobPhase, "strong" | "muted" | "warning">> = {
  running: "strong",
  waiting: "muted",
  failed: "warning",
  locked: "warning",
  interrupted: "warning",
  diverged: "warning",
};

function shareOf({ phase, progress }: JobView): number | null {
  if (phase === "done") return 1;
  if (progress === null || progress.updates === 0) return null;
  return Math.min(1, progress.update / progress.updates);
}

function barText(view: JobView): string {
  const share = shareOf(view);
  if (share === null) return "";
  const full = Math.floor(share * BAR);
  return `${"━".repeat(full)}${"─".repeat(BAR - full)}`;
}

function percentText(view: JobView): string {
  const share = shareOf(view);
  return share === null ? "" : `${Math.floor(100 * share)} %`;
}

function lossText({ progress }: JobView): string {
  return progress?.loss == null ? "" : progress.loss.toPrecision(4);
}

function scoreText({ progress }: JobView): string {
  if (progress === null || progress.score.value === null) return "";
  return formatScore(progress.score.value, progress.score.unit);
}

function timeText({ phase, progress, seconds }: JobView): string {
  if (phase === "running") {
    const left = progress?.secondsLeft ?? null;
    return left === null ? "" : `${formatDuration(left)} left`;
  }
  return seconds === null || phase === "waiting" ? "" : formatDuration(seconds);
}

/** One line on the whole sweep: `sweep NAME: 3 of 12 done, 4 min 10 s left, 2 running, 7 waiting`. */
export function headline(
  views: readonly JobView[],
  { name, processes }: Pick<TableOptions, "name" | "processes">,
): string {
  const { done, ...counts } = countPhases(views);
  const parts = [`${done} of ${views.length} done`];
  const left = estimateSecondsLeft(views, processes);
  if (left !== null && left > 0) parts.push(`${formatDuration(left)} left`);
  for (const phase of importance) {
    if (phase !== "done" && counts[phase] > 0) parts.push(`${counts[phase]} ${phase}`);
  }
  return `sweep ${name}: ${parts.join(", ")}`;
}

/** A job in words: `listops mega, learning-rate 0.01, seed 2`. */
export function jobName({ job: { task, model, setting, seed } }: JobView): string {
  return `${task} ${model}, ${settingText(setting)}, seed ${seed}`;
}

/** Why jobs failed, did not get their turn or were interrupted: the first few. */
function reasons(views: readonly JobView[]): string[] {
  const troubled = views.filter(({ phase, reason }) =>
    reason !== null && (phase === "failed" || phase === "locked" || phase === "interrupted")
  );
  const lines = troubled.slice(0, MOST_REASONS)
    .map((view) => cleanLine(`${jobName(view)}, ${view.phase}: ${view.reason}`));
  const more = troubled.length - MOST_REASONS;
  return more > 0 ? [...lines, `${more} more failed or were interrupted`] : lines;
}

/** The jobs that there is room for, in their order, and what the others do. */
function choose(views: readonly JobView[], room: number): [JobView[], string | null] {
  if (views.length <= room) return [[...views], null];
  const shown = new Set<JobView>();
  for (const phase of importance) {
    const own = views.filter((view) => view.phase === phase);
    const free = room - shown.size;
    // Of finished jobs the last are news, of waiting ones the next.
    const kept = phase === "done" ? own.slice(-free) : own.slice(0, free);
    if (free > 0) kept.forEach((view) => shown.add(view));
  }
  const counts = countPhases(views.filter((view) => !shown.has(view)));
  const rest = importance.filter((phase) => counts[phase] > 0)
    .map((phase) => `${counts[phase]} ${phase}`).join(", ");
  return [views.filter((view) => shown.has(view)), `and ${rest}`];
}

const settingHeaders: Readonly<Record<keyof Setting, string>> = {
  learningRate: "Rate",
  batchSize: "Batch",
  updates: "Updates",
  average: "Average",
};

function columnsFor(
  { plan }: Pick<TableOptions, "plan">,
  views: readonly JobView[],
): (Column & { cell: (view: JobView) => Cell })[] {
  const elsewhere = views.some(({ place }) => place !== null);
  return [
    { header: "Task", align: "left", cell: ({ job }) => job.task },
    { header: "Model", align: "left", cell: ({ job }) => job.model },
    ...variedSettings(plan).map((key) => ({
      header: settingHeaders[key],
      align: "right" as const,
      cell: ({ job }: JobView) => String(job.setting[key] ?? "profile"),
    })),
    { header: "Seed", align: "right", cell: ({ job }) => String(job.seed) },
    {
      header: "State",
      align: "left",
      cell: ({ phase: text }) => {
        const style = styles[text];
        return style === undefined ? text : { text, style };
      },
    },
    ...elsewhere
      ? [{
        header: "On",
        align: "left" as const,
        dropOrder: 6,
        cell: ({ place }: JobView) => cleanLine(place ?? ""),
      }]
      : [],
    { header: "", align: "left", dropOrder: 5, cell: barText },
    { header: "%", align: "right", dropOrder: 1, cell: percentText },
    { header: "Loss", align: "right", dropOrder: 4, cell: lossText },
    { header: "Score", align: "decimal", dropOrder: 3, cell: scoreText },
    { header: "Time", align: "right", dropOrder: 2, cell: timeText },
  ];
}

/** A line of at most `width` columns; one that is cut loses its colours. */
function clip(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : `${plain.slice(0, Math.max(0, width - 1))}…`;
}

/**
 * The table of a sweep, without a line break at its end. No line is longer than the width, and there
 * are no more lines than the height (of at least 10), so that it can be drawn again in place.
 */
export function sweepTable(views: readonly JobView[], options: TableOptions): string {
  const { width, height, colour } = options;
  // One column is left free: in the last one some terminals begin a new line.
  const columnsWide = width - 1;
  const caption = headline(views, options);
  const notes = reasons(views);
  const frame = FRAME + wrapText(caption, columnsWide).length;
  const [shown, rest] = choose(views, Math.max(1, height - frame - notes.length));
  const columns = columnsFor(options, shown);
  const table: Table = {
    caption,
    columns,
    sections: [{ title: "", rows: shown.map((view) => columns.map(({ cell }) => cell(view))) }],
    footnotes: [],
  };
  const lines = renderText(table, { width: columnsWide, colour }).split("\n");
  // Which columns there is no room for is plain to see.
  const end = lines.findLastIndex((line) => /^─+$/.test(stripVTControlCharacters(line)));
  const all = [...lines.slice(0, end + 1), ...rest === null ? [] : [rest], ...notes];
  return all.slice(0, height).map((line) => clip(line, columnsWide)).join("\n");
}
