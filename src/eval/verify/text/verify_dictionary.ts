/** Dictionaries: built from text, read from `dict.txt`, and turned back into text. */
import { z } from "zod";
import { Dictionary, SymbolCounter } from "../../../data/lm/dictionary.ts";
import { splitWords } from "../../../data/lm/words.ts";
import { UNK_ID } from "../../../data/vocabulary.ts";
import { UserError } from "../../../errors.ts";
import type { TextGolden } from "./text_golden.ts";

const lines = z.array(z.string());
const operationSchema = z.looseObject({
  operation: z.enum(["build_and_encode", "load", "string"]),
});
const buildSchema = z.looseObject({
  threshold: z.int(),
  nwords: z.int(),
  padding_factor: z.int(),
  append_eos: z.boolean(),
  reverse_order: z.boolean(),
});
const buildInput = z.looseObject({ files: z.array(lines), encode_lines: lines });
const loadInput = z.looseObject({
  items: z.array(z.looseObject({ dict_txt_lines: lines, encode_lines: lines })),
});
const stringInput = z.looseObject({
  dict_txt_lines: lines,
  items: z.array(z.looseObject({
    ids: z.array(z.int()),
    bpe_symbol: z.string().optional(),
    escape_unk: z.boolean().optional(),
    unk_string: z.string().optional(),
    ignore: z.array(z.int()).optional(),
  })),
});

/** Computes what a file of kind `dictionary` holds. */
export function verifyDictionary(golden: TextGolden): Record<string, unknown> {
  const { operation } = golden.config(operationSchema);
  if (operation === "build_and_encode") return build(golden);
  if (operation === "load") return { items: golden.input(loadInput).items.map(load) };
  const { dict_txt_lines, items } = golden.input(stringInput);
  const dictionary = Dictionary.parse(dict_txt_lines);
  return {
    strings: items.map(({ ids, bpe_symbol, escape_unk, unk_string, ignore = [] }) =>
      dictionary.string(ids, {
        ignore,
        bpeSymbol: bpe_symbol,
        escapeUnk: escape_unk,
        unkString: unk_string,
      })
    ),
  };
}

function build(golden: TextGolden): Record<string, unknown> {
  const config = golden.config(buildSchema);
  const { files, encode_lines } = golden.input(buildInput);
  const counter = new SymbolCounter();
  for (const line of files.flat()) counter.addLine(line);
  const dictionary = Dictionary.fromCounts(counter.counts, {
    threshold: config.threshold,
    maxSymbols: config.nwords < 0 ? Infinity : config.nwords,
    paddingFactor: config.padding_factor,
  });
  return {
    size: dictionary.size,
    dict_txt_lines: dictionary.lines(),
    symbols: dictionary.symbols,
    ...encoded(dictionary, encode_lines, config.append_eos, config.reverse_order),
  };
}

function load(
  item: { dict_txt_lines: readonly string[]; encode_lines: readonly string[] },
): Record<string, unknown> {
  try {
    const dictionary = Dictionary.parse(item.dict_txt_lines);
    return {
      symbols: dictionary.symbols,
      counts_from_4: dictionary.symbols.slice(4).map((_, i) => dictionary.count(i + 4)),
      size: dictionary.size,
      ...encoded(dictionary, item.encode_lines, true, false),
      saved_lines: dictionary.lines(),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { error: error.message.includes("duplicate") ? "duplicate" : "format" };
  }
}

/** Ids of lines with the binariser's statistics. */
function encoded(
  dictionary: Dictionary,
  lines: readonly string[],
  appendEos: boolean,
  reverse: boolean,
): Record<string, unknown> {
  const ids = lines.map((line) => dictionary.encodeLine(line, { appendEos, reverse }));
  const replaced: Record<string, number> = {};
  for (const word of lines.flatMap(splitWords)) {
    if (dictionary.id(word) !== UNK_ID || word === dictionary.symbol(UNK_ID)) continue;
    replaced[word] = (replaced[word] ?? 0) + 1;
  }
  const sum = (counts: readonly number[]) => counts.reduce((total, n) => total + n, 0);
  return {
    ids,
    stats: {
      nseq: lines.length,
      ntok: sum(ids.map((line) => line.length)),
      nunk: sum(Object.values(replaced)),
      replaced,
    },
  };
}
