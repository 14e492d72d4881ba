import { UserError } from "../../../errors.ts";
import { BpeCodes } from "../bpe/codes.ts";
import { BpeEncoder } from "../bpe/encoder.ts";
import { WordCounter } from "../bpe/word_counts.ts";
import type { Language } from "../parallel_corpus.ts";
import { textPipeline, type TextPipelineSpec } from "../text_pipeline.ts";
import { type LineFileFacts, LineWriter, readLineBlocks, writeLines } from "./line_files.ts";

/** How lines become words: a text pipeline before there are codes. */
export type WordsSpec = Omit<TextPipelineSpec, "codes">;

/** Turns the raw lines of one language into tokenised ones and counts their words. */
export interface TokenizeJob {
  readonly kind: "tokenize";
  readonly language: Language;
  readonly input: string;
  readonly words: WordsSpec;
  /** File of tokenised lines. */
  readonly output: string;
  /** File of lines `word count` in the order of first appearance; undefined for none. */
  readonly counts: string | undefined;
}

/** Splits the words of tokenised lines into pieces. */
export interface PiecesJob {
  readonly kind: "pieces";
  readonly input: string;
  /** File of learned merges. */
  readonly codes: string;
  readonly output: string;
}

/** A part of the preparation that concerns one language only, so that a worker can do it. */
export type SideJob = TokenizeJob | PiecesJob;

/** What the files of a job hold, by path. */
export type SideResult = Readonly<Record<string, LineFileFacts>>;

/** Thrown by a job that was told to stop. */
export class StoppedError extends Error {}

/**
 * Does a job line by line.
 *
 * @param onLines Called after each block with the number of its lines; true stops the job.
 * @throws {UserError} for unreadable input (not UTF-8, with the line) and a full disk.
 * @throws {StoppedError} when `onLines` says so.
 */
export function runSideJob(job: SideJob, onLines: (lines: number) => boolean): SideResult {
  return job.kind === "tokenize" ? tokenize(job, onLines) : split(job, onLines);
}

function tokenize(job: TokenizeJob, onLines: (lines: number) => boolean): SideResult {
  const { language, input, words, output, counts } = job;
  const pipeline = textPipeline({ ...words, codes: null });
  const counter = counts === undefined ? undefined : new WordCounter();
  using writer = new LineWriter(output);
  for (const block of readLineBlocks(input)) {
    for (const line of block) {
      const tokens = pipeline.tokenize(line, language);
      writer.add(tokens);
      counter?.add(tokens);
    }
    if (onLines(block.length)) throw new StoppedError();
  }
  const files = { [output]: writer.finish() };
  if (counter === undefined || counts === undefined) return files;
  return { ...files, [counts]: writeLines(counts, countLines(counter.counts)) };
}

function* countLines(counts: ReadonlyMap<string, number>): Generator<string> {
  for (const [word, count] of counts) yield `${word} ${count}`;
}

function split(job: PiecesJob, onLines: (lines: number) => boolean): SideResult {
  const { input, codes, output } = job;
  const encoder = new BpeEncoder(BpeCodes.parse(Deno.readTextFileSync(codes), codes));
  using writer = new LineWriter(output);
  for (const block of readLineBlocks(input)) {
    for (const line of block) writer.add(encoder.encode(line));
    if (onLines(block.length)) throw new StoppedError();
  }
  return { [output]: writer.finish() };
}

/** Adds the word counts of a file of a {@link TokenizeJob} to others. @throws {UserError} */
export function addWordCounts(path: string, counts: Map<string, number>): void {
  for (const block of readLineBlocks(path)) {
    for (const line of block) {
      const space = line.lastIndexOf(" ");
      const count = Number(line.slice(space + 1));
      if (space < 1 || !(count > 0)) throw new UserError(`${path}: is damaged: remove it`);
      const word = line.slice(0, space);
      counts.set(word, (counts.get(word) ?? 0) + count);
    }
  }
}
