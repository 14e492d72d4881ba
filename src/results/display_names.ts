import type { LraTask } from "../data/lra_tasks.ts";

const taskNames: Readonly<Record<LraTask, string>> = {
  listops: "ListOps",
  text: "Text",
  retrieval: "Retrieval",
  image: "Image",
  pathfinder: "Pathfinder",
  pathx: "Path-X",
};

/** Names of suites, tasks and models as tables print them; identifiers stand for themselves. */
const names: Readonly<Record<string, string>> = {
  lra: "Long Range Arena",
  lm: "Language modelling",
  translation: "Machine translation",
  speech: "Speech Commands",
  efficiency: "Efficiency",
  kernels: "Kernels",
  ...taskNames,
  enwik8: "enwik8",
  "wikitext-103": "WikiText-103",
  characters: "Characters",
  words: "Words",
  mega: "Mega",
  "mega-chunk": "Mega-chunk",
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
};

/** The printed name of a suite, task, model or metric; the identifier itself where none is known. */
export function displayName(identifier: string): string {
  return names[identifier] ?? identifier;
}
