import type { LraTask } from "../data/lra_tasks.ts";
import type { DirectionName } from "../data/translation/directions.ts";

const taskNames: Readonly<Record<LraTask, string>> = {
  listops: "ListOps",
  text: "Text",
  retrieval: "Retrieval",
  image: "Image",
  pathfinder: "Pathfinder",
  pathx: "Path-X",
};

/** Names of suites, tasks, models, metrics and kinds of tasks as tables print them; identifiers stand for themselves. */
const names: Readonly<Record<string, string>> = {
  lra: "Long Range Arena",
  lm: "Language modelling",
  translation: "Translation",
  overview: "Overview",
  speech: "Speech Commands",
  efficiency: "Efficiency",
  kernels: "Kernels",
  ...taskNames,
  enwik8: "enwik8",
  "wikitext-103": "WikiText-103",
  characters: "Characters",
  words: "Words",
  numbers: "Numbers",
  multi30k: "Multi30k",
  "wmt16-en-de": "WMT16",
  "wmt16-de-en": "WMT16",
  mega: "Mega",
  "mega-chunk": "Mega-chunk",
  "mega-softmax": "Mega softmax",
  "mega-laplace": "Mega laplace",
  transformer: "Transformer",
  "transformer-unfused": "Transformer (unfused)",
  s4: "S4",
  "s4d-legs": "S4D-LegS",
  "s4d-lin": "S4D-Lin",
  "s4d-inv": "S4D-Inv",
  accuracy: "Accuracy, %",
  perplexity: "Perplexity",
  "bits-per-character": "Bits per character",
  loss: "Loss",
  bleu: "BLEU",
  sacrebleu: "sacreBLEU",
  "exact-match": "Exact match, %",
  "source-dependence": "Source dependence, nats",
  classification: "Classification",
  "language-modelling": "Language modelling",
};

/** The printed name of a suite, task, kind of task, model or metric; the identifier itself where none is known. */
export function displayName(identifier: string): string {
  return Object.hasOwn(names, identifier) ? names[identifier] : identifier;
}

/**
 * The printed name of a task with what it translates.
 *
 * @example taskTitle({ name: "numbers", direction: "en-de" }) // "Numbers, en → de"
 */
export function taskTitle(
  { name, direction }: { name: string; direction?: DirectionName },
): string {
  const title = displayName(name);
  return direction === undefined ? title : `${title}, ${direction.replace("-", " → ")}`;
}
