/** Lines of text in, translations of lines out. */
import { UserError } from "../../errors.ts";
import { positionLimits } from "../../models/translation_config.ts";
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
 *
 * @throws {UserError} naming the line that is longer than the model reads.
 */
export async function* lineTranslator(
  runner: DecodeRunner,
  loaded: LoadedTranslationModel,
  lines: AsyncIterable<string>,
  { search, nbest, batch }: LineOptions,
): AsyncGenerator<LineTranslation[], void, undefined> {
  const { config, dictionary, pipeline, direction } = loaded;
  const { source: most } = positionLimits(config);
  let [read, waiting]: [number, Int32Array[]] = [0, []];
  for await (const line of lines) {
    const source = dictionary.encodeLine(pipeline.encode(line, direction.source));
    read++;
    if (source.length > most) {
      throw new UserError(
        `line ${read}: ${source.length} tokens, the model reads at most ${most}: shorten or split it`,
      );
    }
    waiting.push(source);
    if (waiting.length < batch) continue;
    yield* translateSources(runner, loaded, waiting, search, nbest);
    waiting = [];
  }
  if (waiting.length > 0) yield* translateSources(runner, loaded, waiting, search, nbest);
}

async function* translateSources(
  runner: DecodeRunner,
  { config, dictionary, pipeline, direction, sourcePadding }: LoadedTranslationModel,
  sources: readonly Int32Array[],
  search: SearchSettings,
  nbest: number,
): AsyncGenerator<LineTranslation[], void, undefined> {
  // A source of `</s>` alone says nothing: what a model would make of it is no translation.
  const numbers = [...sources.keys()].filter((i) => sources[i].length > 1);
  const found = new Map<number, LineTranslation[]>();
  let next = 0;
  const ready = function* () {
    for (; next < sources.length; next++) {
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
        text: pipeline.detokenize(pipeline.join(dictionary.string(tokens)), direction.target),
        score,
        length: tokens.length,
      })),
    );
    yield* ready();
  }
  yield* ready();
}
