import { PhiloxStream } from "../../util/philox.ts";
import { RANDOM_STREAMS } from "../../util/random_streams.ts";
import type { DocumentPair } from "./tsv.ts";

/** Raised whenever the same parameters and seed would give other pairs. */
export const SYNTHETIC_VERSION = 1;

/** What shapes the stand-in documents. */
export interface SyntheticShape {
  /** Number of topics, at least 2. */
  readonly topics: number;
  /** Words that only one topic uses. */
  readonly wordsPerTopic: number;
  /** Words that all use. */
  readonly commonWords: number;
  /** Share of a document's words that are its topic's. */
  readonly topicShare: number;
  /** Bytes of a document, at least and at most. */
  readonly minBytes: number;
  readonly maxBytes: number;
}

const CONSONANTS = "bcdfghjklmnprstvwz";
const VOWELS = "aeiou";
/** Draws that each pair has for itself: numbers of different pairs are independent. */
const DRAWS_PER_PAIR = 2 ** 20;

/** Words that exist in no language on purpose: one list for all, and one for each topic. */
export interface Lexicon {
  readonly common: readonly string[];
  readonly topics: readonly (readonly string[])[];
}

/** The lexicon of a seed: distinct words of one to four syllables. */
export function makeLexicon(shape: SyntheticShape, seed: number | bigint): Lexicon {
  const random = new PhiloxStream(seed, RANDOM_STREAMS.retrievalLexicon);
  const seen = new Set<string>();
  const words = (count: number) => {
    const list: string[] = [];
    while (list.length < count) {
      let word = "";
      const syllables = 1 + random.uniformInt(4);
      for (let i = 0; i < syllables; i++) {
        word += CONSONANTS[random.uniformInt(CONSONANTS.length)];
        word += VOWELS[random.uniformInt(VOWELS.length)];
      }
      if (random.uniformInt(2) === 1) word += CONSONANTS[random.uniformInt(CONSONANTS.length)];
      if (seen.has(word)) continue;
      seen.add(word);
      list.push(word);
    }
    return list;
  };
  const common = words(shape.commonWords);
  return { common, topics: Array.from({ length: shape.topics }, () => words(shape.wordsPerTopic)) };
}

/**
 * A stand-in for the AAN pairs, which cannot be made here: documents of nonsense words, of which a
 * share belongs to the document's topic; a pair is "linked" when both have the same topic. Like
 * AAN it can only be solved by comparing the two documents; unlike AAN it has no language in it, so
 * its results are never to be mixed with official ones. Pair `index` (0 to 2^32 - 1) is a function
 * of the arguments alone.
 */
export function syntheticPair(
  shape: SyntheticShape,
  lexicon: Lexicon,
  seed: number | bigint,
  index: number,
): DocumentPair {
  const random = PhiloxStream.restore({
    seed: String(seed),
    stream: RANDOM_STREAMS.retrieval,
    position: index * DRAWS_PER_PAIR,
    spareNormal: null,
  });
  const label = random.uniformInt(2);
  const first = random.uniformInt(shape.topics);
  const other = (first + 1 + random.uniformInt(shape.topics - 1)) % shape.topics;
  const texts = [first, label === 1 ? first : other]
    .map((topic) => makeDocument(shape, lexicon, topic, random));
  return { label, ids: [`S${2 * index}`, `S${2 * index + 1}`], texts: [texts[0], texts[1]] };
}

function makeDocument(
  { minBytes, maxBytes, topicShare }: SyntheticShape,
  { common, topics }: Lexicon,
  topic: number,
  random: PhiloxStream,
): Uint8Array {
  const length = minBytes + random.uniformInt(maxBytes - minBytes + 1);
  let text = "";
  while (text.length < length) {
    if (text !== "") text += random.uniformInt(12) === 0 ? ". " : " ";
    if (random.uniform() < topicShare) {
      text += topics[topic][random.uniformInt(topics[topic].length)];
    } else text += common[Math.floor(common.length * random.uniform() ** 3)];
  }
  return new TextEncoder().encode(text.slice(0, length));
}
