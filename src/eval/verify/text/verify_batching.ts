/** Batches of sentences: their order, their sizes and their rows. */
import { z } from "zod";
import { sliceBlocks } from "../../../data/lm/blocks.ts";
import {
  batchBySize,
  type BatchLimits,
  SentenceTooLongError,
} from "../../../data/translation/fairseq_batching/batch_by_size.ts";
import { pairRows } from "../../../data/translation/fairseq_batching/pair_rows.ts";
import { collateTokens, type TokenRows } from "../../../data/translation/collate_tokens.ts";
import { filterByLength } from "../../../data/translation/fairseq_batching/filter_by_length.ts";
import {
  orderBlocks,
  orderPairs,
  pairTokens,
} from "../../../data/translation/fairseq_batching/order.ts";
import { PAD_ID } from "../../../data/vocabulary.ts";
import { numberedLines, rowsOf } from "./numbered_lines.ts";
import type { TextGolden } from "./text_golden.ts";

const integers = z.array(z.int());
const operationSchema = z.looseObject({
  operation: z.enum(["batch_by_size", "collate_tokens", "language_pair", "monolingual"]),
});
const limitsSchema = z.looseObject({
  max_tokens: z.int().nullish(),
  max_sentences: z.int().nullish(),
  required_multiple: z.int(),
});

/** Computes what a file of kind `batching` holds. */
export function verifyBatching(golden: TextGolden): Record<string, unknown> {
  const { operation } = golden.config(operationSchema);
  if (operation === "language_pair") return pairs(golden);
  if (operation === "monolingual") return blocks(golden);
  return operation === "collate_tokens" ? rows(golden) : batches(golden);
}

function limitsOf(config: z.infer<typeof limitsSchema>): Required<BatchLimits> {
  return {
    maxTokens: config.max_tokens ?? Infinity,
    maxSentences: config.max_sentences ?? Infinity,
    requiredMultiple: config.required_multiple,
  };
}

const itemSchema = limitsSchema.extend({ sizes: integers, indices: integers });

function batches(golden: TextGolden): Record<string, unknown> {
  const { items } = golden.input(z.looseObject({ items: z.array(itemSchema) }));
  return {
    items: items.map((item) => {
      try {
        const { indices, sizes } = item;
        return { batches: batchBySize(indices, (index) => sizes[index], limitsOf(item)) };
      } catch (error) {
        if (!(error instanceof SentenceTooLongError)) throw error;
        const { index, size, limit } = error;
        const words = `sentence at index ${index} of size ${size}`;
        return { error: `${words} exceeds max_tokens limit of ${limit}!` };
      }
    }),
  };
}

const rowsSchema = z.looseObject({
  values: z.array(integers),
  pad: z.int(),
  eos: z.int().nullish(),
  left_pad: z.boolean(),
  move_eos_to_beginning: z.boolean(),
  pad_to_length: z.int().nullish(),
});

function rows(golden: TextGolden): Record<string, unknown> {
  const { items } = golden.input(z.looseObject({ items: z.array(rowsSchema) }));
  return {
    items: items.map((item) =>
      rowsIn(collateTokens(item.values, {
        pad: item.pad,
        leftPad: item.left_pad,
        ...(item.move_eos_to_beginning ? { first: item.eos ?? "last" } : {}),
        padToLength: item.pad_to_length ?? 0,
      }))
    ),
  };
}

function rowsIn({ tokens, length }: TokenRows): Int32Array[] {
  return rowsOf(tokens, length);
}

const pairsSchema = limitsSchema.extend({
  shuffle: z.boolean(),
  left_pad_source: z.boolean(),
  left_pad_target: z.boolean(),
  source_chunk_size: z.int(),
  target_chunk_size: z.int(),
  max_positions: z.tuple([z.int(), z.int()]).nullish(),
  pad: z.int(),
  eos: z.int(),
});
const pairsInput = z.looseObject({
  source: z.array(integers),
  target: z.array(integers),
  permutation: integers.nullish(),
});

function pairs(golden: TextGolden): Record<string, unknown> {
  const config = golden.config(pairsSchema);
  const { source, target, permutation } = golden.input(pairsInput);
  const lengths = {
    source: source.map(({ length }) => length),
    target: target.map(({ length }) => length),
  };
  const chunks = { source: config.source_chunk_size, target: config.target_chunk_size };
  const tokens = (index: number) =>
    pairTokens(lengths.source[index], lengths.target[index], chunks);
  const ordered = orderPairs(lengths.source, lengths.target, permutation ?? undefined);
  const [mostSource, mostTarget] = config.max_positions ?? [Infinity, Infinity];
  const { kept, ignored } = filterByLength(ordered, [
    { lengths: lengths.source, most: mostSource },
    { lengths: lengths.target, most: mostTarget },
  ]);
  const batches = batchBySize(kept, tokens, limitsOf(config));
  return {
    ordered,
    num_tokens_of_ordered: ordered.map(tokens),
    kept,
    ignored,
    batches,
    collated: batches.map((indices) => {
      const collated = pairRows(
        indices.map((id) => ({ id, source: source[id], target: target[id] })),
        {
          pad: config.pad,
          eos: config.eos,
          leftPadSource: config.left_pad_source,
          leftPadTarget: config.left_pad_target,
        },
      );
      return {
        id: collated.ids,
        nsentences: collated.ids.length,
        ntokens: collated.targetTokens,
        src_tokens: rowsIn(collated.source),
        src_lengths: collated.sourceLengths,
        prev_output_tokens: rowsIn(collated.previous),
        target: rowsIn(collated.target),
      };
    }),
  };
}

const blocksSchema = limitsSchema.extend({
  break_mode: z.enum(["none", "eos", "complete", "complete_doc"]),
  block_size: z.int().nullish(),
  add_bos_token: z.boolean(),
});
const blocksInput = z.looseObject({ sizes: integers, permutation: integers.nullish() });
/** `<s>` in dictionaries of the reference. */
const BOS_ID = 0;

function blocks(golden: TextGolden): Record<string, unknown> {
  const config = golden.config(blocksSchema);
  const input = golden.input(blocksInput);
  const text = numberedLines(input.sizes);
  const slices = sliceBlocks(text.lineSizes, {
    mode: config.break_mode,
    nextSize: () => config.block_size ?? Infinity,
  });
  const sizes = slices.map(([start, end]) => end - start);
  const ordered = orderBlocks(sizes, input.permutation ?? undefined);
  const batches = batchBySize(ordered, (index) => sizes[index], limitsOf(config));
  const begin = config.add_bos_token ? [BOS_ID] : [];
  return {
    block_sizes_in_tokens: sizes,
    ordered,
    batches,
    collated: batches.map((ids) => {
      const items = ids.map((id) => text.item(slices[id]));
      const sources = items.map(({ source }) => [...begin, ...source]);
      const targets = items.map(({ target }) => [...begin, ...target]);
      return {
        id: ids,
        nsentences: ids.length,
        ntokens: sources.reduce((sum, { length }) => sum + length, 0),
        src_tokens: rowsIn(collateTokens(sources, { pad: PAD_ID })),
        src_lengths: sources.map(({ length }) => length),
        target: rowsIn(collateTokens(targets, { pad: PAD_ID })),
      };
    }),
  };
}
