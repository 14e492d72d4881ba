import { join } from "node:path";
import { UserError } from "../../../errors.ts";
import { nowAndThen } from "../../../util/now_and_then.ts";
import type { Print } from "../../data_entry.ts";
import { learnBpe } from "../bpe/learn.ts";
import { LANGUAGES } from "../parallel_corpus.ts";
import type { TextPipelineSpec } from "../text_pipeline.ts";
import { type CleanLimits, cleanPairs } from "./clean_pairs.ts";
import { type LineFileFacts, writeLines } from "./line_files.ts";
import { lineTeller } from "./line_teller.ts";
import { MeasuredInputs, type ParallelFiles } from "./measured_inputs.ts";
import { addWordCounts, type SideJob, type WordsSpec } from "./side_job.ts";
import { runSideJobs } from "./side_jobs.ts";
import { type FinishedStep, type StepKey, StepStore } from "./step_store.ts";

/** Raised with any change of this folder or of the text tools that changes prepared text. */
const VERSION = 1;
/** From so many lines on, each language has a worker. */
const LINES_FOR_WORKERS = 20_000;

/** How raw parallel text becomes word pieces. */
export interface PreparationPlan {
  /** Parts of the training text, joined in this order. */
  readonly train: readonly ParallelFiles[];
  /** Other texts to prepare. */
  readonly sets: readonly ParallelFiles[];
  /** How lines become words; the codes are learned. */
  readonly words: WordsSpec;
  /** The same for training text, where that is treated differently. */
  readonly trainingWords?: WordsSpec;
  /** Merges to learn. */
  readonly merges: number;
  /** Which training pairs are kept, in word pieces; all when undefined. */
  readonly clean: CleanLimits | undefined;
}

/** A text as word pieces: files with a line per sentence. */
export interface PreparedFiles extends ParallelFiles {
  /** Sentences of each language. */
  readonly lines: number;
}

/** What a preparation has made. */
export interface PreparedPieces {
  /** How further lines become pieces of the same kind. */
  readonly pipeline: TextPipelineSpec;
  readonly train: PreparedFiles;
  /** In the order of the plan. */
  readonly sets: readonly PreparedFiles[];
}

/** Where steps are kept, and how they are done. */
export interface PreparationOptions {
  /** The steps, opened. */
  readonly store: StepStore;
  readonly inputs: MeasuredInputs;
  readonly print: Print;
  /** Whether to use a worker for each language (default: where the text is long enough). */
  readonly workers?: boolean | undefined;
}

/**
 * Prepares parallel text as `examples/mega/prepare-wmt16en2de.sh` does: training text is stripped
 * of control characters and gets normalised punctuation, everything is tokenised, merges are
 * learned from the tokenised training text of both languages together and applied to everything,
 * and last of all training pairs of unsuitable length are left out. Every step is kept and found
 * again, see {@link StepStore}. Memory is bounded by the number of distinct words.
 *
 * @throws {UserError} naming file and line: not UTF-8, an empty file, numbers of lines that differ,
 * no pair left; and for a full disk.
 */
export async function prepareText(
  plan: PreparationPlan,
  options: PreparationOptions,
): Promise<PreparedPieces> {
  const { inputs } = options;
  const steps = new Steps(plan, options);
  // All files are looked at before the first long step begins.
  for (const files of [...plan.train, ...plan.sets]) await inputs.measurePair(files);
  const tokens: FinishedStep[] = [];
  for (const files of plan.train) tokens.push(await steps.tokenize(files, true));
  const codes = await steps.learn(tokens);
  const pieces: FinishedStep[] = [];
  for (const [i, { name }] of plan.train.entries()) {
    pieces.push(await steps.split(name, tokens[i], codes));
  }
  const train = preparedFiles("train", await steps.clean(pieces));
  const sets: PreparedFiles[] = [];
  for (const files of plan.sets) {
    const words = await steps.tokenize(files, false);
    sets.push(preparedFiles(files.name, await steps.split(files.name, words, codes)));
  }
  const text = await Deno.readTextFile(codes.path("codes"));
  return { pipeline: { ...plan.words, codes: text }, train, sets };
}

function preparedFiles(name: string, step: FinishedStep): PreparedFiles {
  return { name, en: step.path("en"), de: step.path("de"), lines: step.facts("en").lines };
}

/** The steps of one plan; each is made unless it is there. */
class Steps {
  readonly #plan: PreparationPlan;
  readonly #options: PreparationOptions;

  constructor(plan: PreparationPlan, options: PreparationOptions) {
    this.#plan = plan;
    this.#options = options;
  }

  /** Files `en` and `de` of tokenised lines; of training text also `words.en` and `words.de`. */
  async tokenize(files: ParallelFiles, training: boolean): Promise<FinishedStep> {
    const facts = await this.#options.inputs.measurePair(files);
    const { trainingWords } = this.#plan;
    const words = training && trainingWords !== undefined ? trainingWords : this.#plan.words;
    const name = `tokens-${files.name}`;
    return await this.#run(
      {
        name,
        options: { words, training },
        inputs: { en: facts.en.sha256, de: facts.de.sha256 },
      },
      (folder) =>
        this.#jobs(
          folder,
          facts.en.lines,
          name,
          LANGUAGES.map((language) => ({
            kind: "tokenize",
            language,
            input: files[language],
            words,
            output: join(folder, language),
            counts: training ? join(folder, `words.${language}`) : undefined,
          })),
        ),
    );
  }

  /** A file `codes` of merges learned from all training text. */
  async learn(tokens: readonly FinishedStep[]): Promise<FinishedStep> {
    const { merges } = this.#plan;
    const counted = tokens.flatMap((step) =>
      LANGUAGES.map((language) => [step, language] as const)
    );
    return await this.#run(
      {
        name: "codes",
        options: { merges },
        inputs: Object.fromEntries(
          counted.map(([step, language], i) => [i, step.facts(`words.${language}`).sha256]),
        ),
      },
      (folder) => {
        const counts = new Map<string, number>();
        for (const [step, language] of counted) {
          addWordCounts(step.path(`words.${language}`), counts);
        }
        const tell = mergeTeller(merges, counts.size, this.#options.print);
        const codes = learnBpe(counts, { symbols: merges, onProgress: tell });
        return Promise.resolve({ codes: writeLines(join(folder, "codes"), codes) });
      },
    );
  }

  /** Files `en` and `de` of lines of word pieces. */
  async split(of: string, tokens: FinishedStep, codes: FinishedStep): Promise<FinishedStep> {
    const { en, de } = { en: tokens.facts("en"), de: tokens.facts("de") };
    const name = `pieces-${of}`;
    return await this.#run(
      {
        name,
        options: {},
        inputs: { en: en.sha256, de: de.sha256, codes: codes.facts("codes").sha256 },
      },
      (folder) =>
        this.#jobs(
          folder,
          en.lines,
          name,
          LANGUAGES.map((language) => ({
            kind: "pieces",
            input: tokens.path(language),
            codes: codes.path("codes"),
            output: join(folder, language),
          })),
        ),
    );
  }

  /** Files `en` and `de` of the training pairs that are kept. */
  async clean(pieces: readonly FinishedStep[]): Promise<FinishedStep> {
    const { clean } = this.#plan;
    return await this.#run(
      {
        name: "train",
        options: { clean: clean ?? null },
        inputs: Object.fromEntries(
          pieces.flatMap((step, i) =>
            LANGUAGES.map((language) => [`${i}.${language}`, step.facts(language).sha256])
          ),
        ),
      },
      (folder) => {
        const parts = pieces.map((step) => preparedFiles("train", step));
        const lines = parts.reduce((sum, part) => sum + part.lines, 0);
        const onLines = lineTeller("train", lines, this.#options.print);
        const made = cleanPairs(parts, folder, clean, onLines);
        if (made.en.lines === 0) {
          throw new UserError(`no training pair of ${lines} is left after cleaning`);
        }
        this.#options.print(`train: ${made.en.lines} of ${lines} pairs kept`);
        return Promise.resolve(made);
      },
    );
  }

  #run(
    key: Omit<StepKey, "version">,
    make: (folder: string) => Promise<Readonly<Record<string, LineFileFacts>>>,
  ): Promise<FinishedStep> {
    return this.#options.store.run({ ...key, version: VERSION }, make);
  }

  async #jobs(
    folder: string,
    lines: number,
    name: string,
    jobs: readonly SideJob[],
  ): Promise<Record<string, LineFileFacts>> {
    const { workers = lines >= LINES_FOR_WORKERS, print } = this.#options;
    const onLines = lineTeller(name, 2 * lines, print);
    const made = await runSideJobs(jobs, { workers, onLines });
    return Object.fromEntries(
      Object.entries(made).map(([path, facts]) => [path.slice(folder.length + 1), facts]),
    );
  }
}

/** Prints now and then how many merges are learned. */
function mergeTeller(merges: number, words: number, print: Print): (done: number) => void {
  print(`codes: learning at most ${merges} merges from ${words} distinct words`);
  const due = nowAndThen();
  return (done) => {
    if (due()) print(`codes: ${done} of ${merges} merges`);
  };
}
