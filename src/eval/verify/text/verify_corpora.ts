/** The published corpora: WikiText as word ids, enwik8 as parts of bytes. */
import { z } from "zod";
import { SPLIT_NAMES } from "../../../data/dataset.ts";
import { sliceBlocks, splitsBlockSize } from "../../../data/lm/blocks.ts";
import { Dictionary, SymbolCounter } from "../../../data/lm/dictionary.ts";
import { enwik8Cuts } from "../../../data/lm/enwik8.ts";
import { scanText } from "../../../data/lm/scan.ts";
import { bytesSource, gzipSource, readAll, type TextSource } from "../../../data/lm/text_source.ts";
import { EOS_ID, UNK_ID } from "../../../data/vocabulary.ts";
import { UserError } from "../../../errors.ts";
import { sha256Hex } from "../../../util/sha256.ts";
import type { TextGolden } from "./text_golden.ts";

const wikitextConfig = z.looseObject({
  dictionary_from: z.string(),
  encode: z.string(),
  threshold: z.int(),
  nwords: z.int(),
  padding_factor: z.int(),
});
const wikitextInput = z.looseObject({ encode_sha256: z.string(), dictionary_sha256: z.string() });
const pairs = z.array(z.tuple([z.string(), z.int()]));
const wikitextOutput = z.looseObject({
  dictionary_head: pairs,
  dictionary_tail: pairs,
  id_of: z.record(z.string(), z.int()),
});

/** Computes what a file of kind `wikitext_tokens` holds. */
export async function verifyWikitext(golden: TextGolden): Promise<Record<string, unknown>> {
  const config = golden.config(wikitextConfig);
  const sums = golden.input(wikitextInput);
  const wanted = golden.expected(wikitextOutput);
  const counter = new SymbolCounter();
  await scanText(
    await textOf(golden, config.dictionary_from, sums.dictionary_sha256),
    "word",
    { symbol: (word) => counter.add(word), endLine() {} },
  );
  const dictionary = Dictionary.fromCounts(counter.counts, {
    threshold: config.threshold,
    maxSymbols: config.nwords < 0 ? Infinity : config.nwords,
    paddingFactor: config.padding_factor,
  });
  const text = await encoded(
    await textOf(golden, config.encode, sums.encode_sha256),
    dictionary,
    "word",
  );
  const { ids, lineSizes } = text;
  const listed = dictionary.symbols.map((symbol, id): [string, number] => [
    symbol,
    dictionary.count(id),
  ]);
  const block = splitsBlockSize(ids.length, 10);
  return {
    lines: lineSizes.length,
    lines_without_words: lineSizes.filter((size) => size === 1).length,
    tokens_with_eos: ids.length,
    unknown_tokens_not_literally_unk: text.replaced,
    id_3_count: ids.filter((id) => id === UNK_ID).length,
    dictionary_size: dictionary.size,
    real_symbols: listed.slice(4).filter(([, count]) => count > 0).length,
    dictionary_head: listed.slice(4, 4 + wanted.dictionary_head.length),
    dictionary_tail: listed.slice(-wanted.dictionary_tail.length),
    id_of: Object.fromEntries(Object.keys(wanted.id_of).map((word) => [word, dictionary.id(word)])),
    first_200_ids: ids.subarray(0, 200),
    last_60_ids: ids.subarray(-60),
    line_lengths_first_40: lineSizes.subarray(0, 40),
    sha256_of_all_ids_as_int32_le: sha256Hex(new Uint8Array(ids.buffer)),
    sum_of_ids: ids.reduce((sum, id) => sum + id, 0),
    blocks_splits_10: sliceBlocks(lineSizes, { mode: "complete", nextSize: () => block }),
  };
}

/** The unpacked text of a gzip file whose content has a known sha256. */
async function textOf(golden: TextGolden, name: string, sha256: string): Promise<TextSource> {
  const path = golden.neighbour(name);
  const bytes = await readAll(gzipSource(path));
  const found = sha256Hex(bytes);
  if (found !== sha256) {
    throw new UserError(`${path}: unpacked it has sha256 ${found}, expected ${sha256}`);
  }
  return bytesSource(path, bytes);
}

async function encoded(source: TextSource, dictionary: Dictionary, unit: "word" | "byte") {
  const ids: number[] = [];
  const sizes: number[] = [];
  let replaced = 0;
  let size = 0;
  await scanText(source, unit, {
    symbol(symbol) {
      const id = dictionary.id(symbol);
      if (id === UNK_ID && symbol !== dictionary.symbol(UNK_ID)) replaced++;
      ids.push(id);
      size++;
    },
    endLine() {
      ids.push(EOS_ID);
      sizes.push(size + 1);
      size = 0;
    },
  });
  return { ids: Int32Array.from(ids), lineSizes: Int32Array.from(sizes), replaced };
}

const enwik8Config = z.looseObject({ held_out_bytes_each: z.int() });
const enwik8Input = z.union([
  z.object({ bytes: z.array(z.int()) }),
  z.object({
    seed: z.int(),
    length: z.int(),
    table: z.array(z.int()).nonempty(),
    sha256: z.string(),
  }),
]);

/** Computes what a file of kind `enwik8_bytes` holds. */
export async function verifyEnwik8(golden: TextGolden): Promise<Record<string, unknown>> {
  const { held_out_bytes_each: heldOut } = golden.config(enwik8Config);
  const input = golden.input(enwik8Input);
  const bytes = "bytes" in input
    ? Uint8Array.from(input.bytes)
    : generated(input.seed, input.length, input.table);
  if ("sha256" in input && sha256Hex(bytes) !== input.sha256) {
    throw new UserError(`${golden.where}: the generated bytes do not have the sha256 of the file`);
  }
  const cuts = enwik8Cuts(bytes.length, heldOut);
  const part = (name: keyof typeof cuts) => bytes.subarray(...cuts[name]);
  const counter = new SymbolCounter();
  await scanText(bytesSource("train", part("train")), "byte", {
    symbol: (byte) => counter.add(byte),
    endLine() {},
  });
  const dictionary = Dictionary.fromCounts(counter.counts);
  const parts: Record<string, unknown> = {};
  for (const name of SPLIT_NAMES) {
    parts[name] = await describePart(part(name), dictionary);
  }
  return { dictionary_size: dictionary.size, dict_txt_lines: dictionary.lines(), parts };
}

/** A reproducible text of the size of the real one: a linear congruential generator. */
function generated(seed: number, length: number, table: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(length);
  let x = seed;
  for (let i = 0; i < length; i++) {
    x = (Math.imul(1103515245, x) + 12345) & 0x7fffffff;
    bytes[i] = table[(x >>> 16) % table.length];
  }
  return bytes;
}

async function describePart(
  bytes: Uint8Array,
  dictionary: Dictionary,
): Promise<Record<string, unknown>> {
  const { ids, lineSizes, replaced } = await encoded(bytesSource("", bytes), dictionary, "byte");
  const text = Array.from(bytes, (byte) => byte === 10 ? "\n" : String(byte)).join(" ");
  return {
    bytes: bytes.length,
    raw_sha256: sha256Hex(bytes),
    text_bytes: text.length,
    text_sha256: sha256Hex(text),
    text_first_200: text.slice(0, 200),
    text_last_100: text.slice(-100),
    newline_bytes: bytes.reduce((lines, byte) => byte === 10 ? lines + 1 : lines, 0),
    tokens_with_eos_after_fairseq: ids.length,
    lines: lineSizes.length,
    tokens_with_eos: ids.length,
    nunk: replaced,
    text,
    ids,
  };
}
