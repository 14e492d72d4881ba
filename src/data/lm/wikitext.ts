import { join } from "node:path";
import type { OfficialArchive } from "../data_entry.ts";
import { SPLIT_NAMES, type SplitName } from "../dataset.ts";
import { findFolder } from "../official_folder.ts";
import type { PublishedText } from "./published_text.ts";
import { fileSource } from "./text_source.ts";

/** The two sizes of WikiText (Merity et al. 2016); they share validation and test. */
export type WikitextId = "wikitext-103" | "wikitext-2";

const FILES = SPLIT_NAMES.map((name) => `wiki.${name}.tokens`);

const SHA256: Readonly<Record<WikitextId, string>> = {
  "wikitext-103": "242ba0f20b329cfdf1ccc61e9e9e5b59becf189db7f7a81cd2a0e2fc31539590",
  "wikitext-2": "92675f1d63015c1c8b51f1656a52d5bdbc33aafa60cc47a218a66e7ee817488c",
};

/** Where a WikiText is published. */
export function wikitextArchive(id: WikitextId): OfficialArchive {
  return {
    url: `https://s3.amazonaws.com/research.metamind.io/wikitext/${id}-v1.zip`,
    sha256: SHA256[id],
    folder: id,
    select: (path) => /(?:^|\/)(wiki\.(?:train|valid|test)\.tokens)$/.exec(path)?.[1],
    required: FILES,
  };
}

/** The folder of a WikiText at or below `dataDir`, or undefined. */
export async function findWikitext(id: WikitextId, dataDir: string): Promise<string | undefined> {
  return await findFolder(dataDir, [id, `${id}-v1`], FILES) ??
    (dataDir.endsWith(id) ? await findFolder(dataDir, ["."], FILES) : undefined);
}

/** Tokens with `</s>` (table 1 of Merity et al. 2016). */
const PUBLISHED: Readonly<Record<WikitextId, Readonly<Record<SplitName, number>>>> = {
  "wikitext-103": { train: 103_227_021, valid: 217_646, test: 245_569 },
  "wikitext-2": { train: 2_088_628, valid: 217_646, test: 245_569 },
};

/** A WikiText as it is published. */
export function wikitext(id: WikitextId): PublishedText {
  return {
    id,
    version: "1 (official splits)",
    source: `official ${id}, words as published`,
    unit: "word",
    files: FILES,
    published: PUBLISHED[id],
    async splits(folder) {
      const [train, valid, test] = await Promise.all(
        FILES.map((file) => fileSource(join(folder, file))),
      );
      return { train, valid, test };
    },
  };
}
