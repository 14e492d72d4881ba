import { basename, dirname, join } from "node:path";
import type { Print, TranslationLoadOptions } from "../../data_entry.ts";
import type { DataRoot } from "../../data_root.ts";
import type { DictionaryLimits } from "../../lm/dictionary.ts";
import { exists } from "../../official_folder.ts";
import { loadParallelCorpus, parallelFolder, verifyParallelCaches } from "../parallel_cache.ts";
import { EN_DE, type TranslationData } from "../parallel_corpus.ts";
import type { ParallelRecipe, PreparedText } from "../parallel_recipe.ts";
import { readFileLines } from "./line_files.ts";
import { MeasuredInputs, type ParallelFiles } from "./measured_inputs.ts";
import { type PreparationPlan, prepareText } from "./prepare.ts";
import { StepStore, verifySteps } from "./step_store.ts";

/** A parallel text that is prepared from files. */
export interface PreparedCorpus extends Omit<ParallelRecipe, "fingerprint" | "prepare"> {
  readonly limits: DictionaryLimits;
  /** The folder that the user named. */
  readonly root: DataRoot;
  /** See `ParallelRecipe.fingerprint`. */
  fingerprint(inputs: MeasuredInputs): Promise<string>;
  /** Finds the texts, unpacking into steps what is packed. */
  plan(store: StepStore, inputs: MeasuredInputs, print: Print): Promise<PlannedCorpus>;
}

/** A plan whose sets have roles. */
export interface PlannedCorpus extends Omit<PreparationPlan, "sets"> {
  readonly valid: ParallelFiles;
  readonly test: ParallelFiles;
  /** Prepared as well. */
  readonly further: readonly ParallelFiles[];
}

/** Where a corpus is kept, and how it is prepared. */
export interface LoadPreparedOptions
  extends Pick<TranslationLoadOptions, "cacheDir" | "direction" | "print"> {
  /** As in `PreparationOptions`. */
  readonly workers?: boolean | undefined;
}

/** The folder that holds the steps of a corpus. */
function stepsFolder(id: string, cacheDir: string): string {
  return join(cacheDir, "translation", `${id}-steps`);
}

/**
 * The tokens of a parallel corpus, from the cache or prepared step by step, see `prepareText`. One
 * process at a time prepares; what a killed one left unfinished is removed.
 *
 * @throws {UserError} What the plan and `prepareText` throw; finished steps stay.
 */
export async function loadPrepared(
  corpus: PreparedCorpus,
  options: LoadPreparedOptions,
): Promise<TranslationData> {
  const { cacheDir, direction = EN_DE, print = () => {} } = options;
  const { id, root } = corpus;
  const inputs = await MeasuredInputs.open(stepsFolder(id, cacheDir), { root, print });
  const open = () => StepStore.open(stepsFolder(id, cacheDir), (line) => print(`${id}: ${line}`));
  let store: StepStore | undefined;
  const recipe: ParallelRecipe = {
    ...corpus,
    fingerprint: await corpus.fingerprint(inputs),
    async prepare() {
      store ??= await open();
      return await prepared(corpus, store, inputs, options);
    },
  };
  try {
    const folder = parallelFolder(recipe, cacheDir);
    if (!await exists(join(folder, "corpus.json"))) {
      store = await open();
      await removeUnfinished(folder);
    }
    return await loadParallelCorpus(recipe, { cacheDir, direction, print });
  } finally {
    store?.[Symbol.dispose]();
  }
}

/**
 * Reads everything that former `loadPrepared`s left in the cache, and the files that it should be
 * of.
 *
 * @param current The corpus as its files are now; undefined when they are not there.
 * @returns False when there is nothing.
 * @throws {UserError} when something does not match its checksum, or is of other files.
 */
export async function verifyPrepared(
  id: string,
  cacheDir: string,
  current: () => Promise<PreparedCorpus | undefined>,
): Promise<boolean> {
  const folder = stepsFolder(id, cacheDir);
  const steps = await verifySteps(folder);
  const caches = await verifyParallelCaches(id, cacheDir, async () => {
    const corpus = await current();
    if (corpus === undefined) return undefined;
    const inputs = await MeasuredInputs.open(folder, { root: corpus.root, fresh: true });
    return { ...corpus, fingerprint: await corpus.fingerprint(inputs) };
  });
  return caches || steps > 0;
}

/** Removes what processes that are gone left beside a folder that they were making. */
async function removeUnfinished(folder: string): Promise<void> {
  const [parent, start] = [dirname(folder), `${basename(folder)}.`];
  for await (const { name } of Deno.readDir(parent)) {
    if (!name.startsWith(start) || !name.endsWith(".tmp")) continue;
    await Deno.remove(join(parent, name), { recursive: true });
  }
}

async function prepared(
  corpus: PreparedCorpus,
  store: StepStore,
  inputs: MeasuredInputs,
  { print = () => {}, workers }: LoadPreparedOptions,
): Promise<PreparedText> {
  const tell = (line: string) => print(`${corpus.id}: ${line}`);
  const { valid, test, further, ...plan } = await corpus.plan(store, inputs, tell);
  const made = await prepareText(
    { ...plan, sets: [valid, test, ...further] },
    { store, inputs, print: tell, workers },
  );
  const lines: Record<string, number> = {};
  for (const files of [...plan.train, valid, test]) {
    lines[files.name] = (await inputs.measurePair(files)).en.lines;
  }
  const pieces = { train: made.train, valid: made.sets[0], test: made.sets[1] };
  return {
    pipeline: made.pipeline,
    lines,
    limits: corpus.limits,
    pieces: (split, language) => readFileLines(pieces[split][language]),
    text: (split, language) => readFileLines({ valid, test }[split][language]),
  };
}
