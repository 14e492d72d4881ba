import { Ansis } from "ansis";
import { formatCount, formatDuration } from "./format.ts";
import { inspectTerminal } from "./terminal.ts";
import { writeText } from "./write_text.ts";

/** A score as the progress line shows it, for example `acc` and `0.412`, or `ppl` and `95.3`. */
export interface ProgressScore {
  label: string;
  text: string;
}

/** A moment of a training run, as the progress line shows it. */
export interface ProgressState {
  task: string;
  model: string;
  seed: number;
  /** Updates done. */
  step: number;
  /** Updates in all. */
  total: number;
  /** Training loss in nats; null before the first readback. */
  loss: number | null;
  /** Running score and its short name; null when the task has none or it is not known yet. */
  score: ProgressScore | null;
  tokensPerSecond: number | null;
  /** Estimate for this run; null while there is none. */
  secondsLeft: number | null;
}

/** Shortest bar worth drawing, and the longest that does not shout. */
const barWidths = { least: 6, most: 30 };

type Part = "bar" | "percent" | "step" | "loss" | "score" | "rate" | "left";

/** What gives way on a narrow terminal, one attempt after the other. */
const omissions: readonly (readonly Part[])[] = [
  [],
  ["percent"],
  ["percent", "rate"],
  ["percent", "rate", "bar"],
  ["percent", "rate", "bar", "score"],
  ["percent", "rate", "bar", "score", "left"],
];

/**
 * One line for a terminal, at most `width - 1` columns so that the cursor never wraps. The bar
 * takes the room that is left; on a narrow terminal the less important parts are left out.
 */
export function formatProgress(state: ProgressState, width: number, colour: boolean): string {
  const paint = new Ansis(colour ? 3 : 0);
  const name = `${state.task} ${state.model} seed ${state.seed}`;
  const { loss, score, tokensPerSecond, secondsLeft } = state;
  const texts: Record<Exclude<Part, "bar">, string> = {
    percent: `${Math.floor(100 * shareOf(state))} %`.padStart(5),
    step: `${String(state.step).padStart(String(state.total).length)}/${state.total}`,
    loss: loss === null ? "" : `loss ${formatLoss(loss)}`,
    score: score === null ? "" : `${score.label} ${score.text}`,
    rate: tokensPerSecond === null ? "" : `${formatCount(tokensPerSecond)} tok/s`,
    left: secondsLeft === null ? "" : `${formatClock(secondsLeft)} left`,
  };
  const order = ["percent", "step", "loss", "score", "rate", "left"] as const;
  const room = width - 1;
  for (const omitted of omissions) {
    const kept = order.filter((part) => texts[part] !== "" && !omitted.includes(part));
    const bar = omitted.includes("bar")
      ? 0
      : Math.min(barWidths.most, room - textWidth([name, "", ...kept.map((part) => texts[part])]));
    if (!omitted.includes("bar") && bar < barWidths.least) continue;
    if (textWidth([name, ...kept.map((part) => texts[part])]) > room) continue;
    const painted = kept.map((part) =>
      part === "loss" || part === "step" ? texts[part] : paint.dim(texts[part])
    );
    const middle = bar === 0 ? [] : [formatBar(shareOf(state), bar, paint)];
    return [paint.bold(name), ...middle, ...painted].join("  ");
  }
  return `${name}  ${texts.step}  ${texts.loss}`.slice(0, Math.max(0, room));
}

function textWidth(parts: readonly string[]): number {
  return parts.join("  ").length;
}

/** One line for a log. */
export function formatPlainProgress(state: ProgressState): string {
  const parts = [`step ${state.step}/${state.total} (${Math.floor(100 * shareOf(state))} %)`];
  if (state.loss !== null) parts.push(`loss ${formatLoss(state.loss)}`);
  if (state.score !== null) parts.push(`${state.score.label} ${state.score.text}`);
  if (state.tokensPerSecond !== null) parts.push(`${formatCount(state.tokensPerSecond)} tokens/s`);
  if (state.secondsLeft !== null) parts.push(`${formatDuration(state.secondsLeft)} left`);
  return `${state.task} ${state.model} seed ${state.seed}: ${parts.join(", ")}`;
}

function shareOf({ step, total }: ProgressState): number {
  return total <= 0 ? 1 : Math.min(1, Math.max(0, step / total));
}

function formatLoss(loss: number): string {
  return Math.abs(loss) < 100 ? loss.toFixed(3) : loss.toPrecision(4);
}

/** A duration as on a clock: `1:23` or `2:05:00`. */
function formatClock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes}:${two(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

function formatBar(share: number, width: number, paint: Ansis): string {
  const halves = Math.floor(share * width * 2);
  const full = "━".repeat(halves >> 1) + (halves % 2 === 1 ? "╸" : "");
  return paint.green(full) + paint.dim("─".repeat(width - full.length));
}

/** Where progress goes and how often; every field has a default. */
export interface ProgressOptions {
  /** Receives text; standard error unless told. */
  write?: (text: string) => void;
  isTerminal?: boolean;
  colour?: boolean;
  width?: () => number;
  /** Clock in milliseconds. */
  now?: () => number;
  /** Least seconds between plain lines, 15 unless told. */
  plainSeconds?: number;
}

/** Milliseconds between two drawings of the terminal line. */
const redrawMilliseconds = 100;

/**
 * Shows the progress of training runs on standard error: one line rewritten in place on a terminal,
 * plain lines now and then elsewhere (at the start, at the end, and every few seconds).
 */
export class ProgressReporter {
  readonly #write: (text: string) => void;
  readonly #isTerminal: boolean;
  readonly #colour: boolean;
  readonly #width: () => number;
  readonly #now: () => number;
  readonly #interval: number;
  #shownAt = Number.NEGATIVE_INFINITY;
  #shownRun = "";
  #live = "";

  constructor(options: ProgressOptions = {}) {
    const terminal = inspectTerminal(Deno.stderr);
    this.#write = options.write ?? ((text) => writeText(Deno.stderr, text));
    this.#isTerminal = options.isTerminal ?? terminal.isTerminal;
    this.#colour = options.colour ?? terminal.colour;
    this.#width = options.width ?? (() => inspectTerminal(Deno.stderr).width);
    this.#now = options.now ?? (() => performance.now());
    this.#interval = this.#isTerminal ? redrawMilliseconds : 1000 * (options.plainSeconds ?? 15);
  }

  /** Shows a state, unless another of the same run was shown a moment ago. Cheap to call. */
  update(state: ProgressState): void {
    const run = `${state.task}/${state.model}/${state.seed}`;
    const now = this.#now();
    const due = run !== this.#shownRun || state.step >= state.total ||
      now - this.#shownAt >= this.#interval;
    if (!due) return;
    this.#shownAt = now;
    this.#shownRun = run;
    if (this.#isTerminal) {
      this.#live = formatProgress(state, this.#width(), this.#colour);
      this.#write(`\r${this.#live}\x1b[K`);
    } else {
      this.#write(`${formatPlainProgress(state)}\n`);
    }
  }

  /** Prints a line that stays, above the live line. */
  message(line: string): void {
    if (this.#live === "") this.#write(`${line}\n`);
    else this.#write(`\r${line}\x1b[K\n${this.#live}\x1b[K`);
  }

  /** Removes the live line, so that ordinary output can follow. */
  clear(): void {
    if (this.#live !== "") this.#write("\r\x1b[K");
    this.#live = "";
  }
}
