/** Lines of text in, translations of lines out. */
import { UNK_ID } from "../../data/vocabulary.ts";
import type { SearchSettings } from "../../models/translation_preset_types.ts";
import type { DecodeRunner } from "../../train/workload.ts";
import type { LoadedTranslationModel } from "./translation_file.ts";
import { translate } from "./translator.ts";

/** How {@link lineTranslator} works. */
export interface LineOptions {
  readonly search: SearchSettings;
  /** Translations of every line. */
  readonly nbest: number;
  /** Lines that are translated together. */
  readonly batch: number;
}

/** One translation of a line. */
export interface LineTranslation {
  readonly text: string;
  /** Log-probability, natural logarithm, over length^lengthPenalty. */
  readonly score: number;
  /** Tokens, `</s>` included. */
  readonly length: number;
}

/**
 * The translations of every line in order, the best first; an empty line has one empty translation.
 * Reads as many lines as a batch has before it writes.
 */
export async function* lineTranslator(
  runner: DecodeRunner,
  loaded: LoadedTranslationModel,
  lines: AsyncIterable<string>,
  { search, nbest, batch }: LineOptions,
): AsyncGenerator<LineTranslation[], void, undefined> {
  let waiting: string[] = [];
  for await (const line of lines) {
    waiting.push(line);
    if (waiting.length < batch) continue;
    yield* translateLines(runner, loaded, waiting, search, nbest);
    waiting = [];
  }
  if (waiting.length > 0) yield* translateLines(runner, loaded, waiting, search, nbest);
}

async function* translateLines(
  runner: DecodeRunner,
  { config, dictionary, pipeline, direction, sourcePadding }: LoadedTranslationModel,
  lines: readonly string[],
  search: SearchSettings,
  nbest: number,
): AsyncGenerator<LineTranslation[], void, undefined> {
  const sources = lines.map((line) =>
    dictionary.encodeLine(pipeline.encode(line, direction.source))
  );
  // A source of `</s>` alone says nothing: what a model would make of it is no translation.
  const numbers = [...sources.keys()].filter((i) => sources[i].length > 1);
  const found = new Map<number, LineTranslation[]>();
  let next = 0;
  const ready = function* () {
    for (; next < lines.length; next++) {
      if (sources[next].length <= 1) yield [{ text: "", score: 0, length: 0 }];
      else {
        const translations = found.get(next);
        if (translations === undefined) return;
        yield translations;
      }
    }
  };
  const wanted = numbers.map((i) => sources[i]);
  const options = { ...search, sourcePadding };
  for await (const { index, hypotheses } of translate(runner, config, wanted, options)) {
    found.set(
      numbers[index],
      hypotheses.slice(0, nbest).map(({ tokens, score }) => ({
        text: pipeline.detokenize(
          pipeline.join(dictionary.string(tokens, { unkString: dictionary.symbol(UNK_ID) })),
          direction.target,
        ),
        score,
        length: tokens.length,
      })),
    );
    yield* ready();
  }
  yield* ready();
}
