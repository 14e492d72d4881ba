/** Blocks of a language model, with and without context in front. */
import { z } from "zod";
import { linesOfSlice, sliceBlocks } from "../../../data/lm/blocks.ts";
import { contextBatches } from "../../../data/lm/context_window.ts";
import { UserError } from "../../../errors.ts";
import { numberedLines, rowsOf } from "./numbered_lines.ts";
import type { TextGolden } from "./text_golden.ts";

const breakMode = z.enum(["none", "eos", "complete", "complete_doc"]);
const operationSchema = z.looseObject({
  operation: z.enum(["blocks", "context_window"]).optional(),
});
const blockSchema = z.looseObject({
  break_mode: breakMode,
  block_size: z.int().nullish(),
  document_sep_len: z.int().default(1),
});
const windowSchema = z.looseObject({
  break_mode: breakMode,
  tokens_per_sample: z.int(),
  context_window: z.int(),
  batch_size: z.int(),
});
const inputSchema = z.looseObject({
  sizes: z.array(z.int()),
  block_size_draws: z.array(z.int()).optional(),
});

/** Computes what a file of kind `lm_blocks` holds. */
export function verifyLmBlocks(golden: TextGolden): Record<string, unknown> {
  const { operation } = golden.config(operationSchema);
  return operation === "context_window" ? windows(golden) : blocks(golden);
}

function blocks(golden: TextGolden): Record<string, unknown> {
  const { break_mode: mode, block_size, document_sep_len } = golden.config(blockSchema);
  const { sizes, block_size_draws: draws } = golden.input(inputSchema);
  const { lineSizes, starts, item } = numberedLines(sizes);
  let drawn = 0;
  const nextSize = () => {
    const size = draws === undefined ? block_size : draws[drawn++];
    if (typeof size === "number") return size;
    throw new UserError(`${golden.where}: no size is given for block ${drawn}`);
  };
  const slices = sliceBlocks(lineSizes, { mode, nextSize, separatorSize: document_sep_len });
  return {
    slices,
    block_sizes_in_tokens: slices.map(([start, end]) => end - start),
    start_line_offset_endline: slices.map((slice) => linesOfSlice(starts, slice)),
    items: slices.map(item),
  };
}

function windows(golden: TextGolden): Record<string, unknown> {
  const config = golden.config(windowSchema);
  const { lineSizes, item } = numberedLines(golden.input(inputSchema).sizes);
  const { break_mode: mode, tokens_per_sample: blockSize, batch_size } = config;
  const slices = sliceBlocks(lineSizes, { mode, nextSize: () => blockSize });
  const groups = Array.from(
    { length: Math.ceil(slices.length / batch_size) },
    (_, i) => slices.slice(i * batch_size, (i + 1) * batch_size).map(item),
  );
  const made = contextBatches(groups, { window: config.context_window, blockSize });
  return {
    batches: Array.from(made, (batch, i) => ({
      ids: Array.from({ length: batch.batch }, (_, row) => i * batch_size + row),
      src_tokens: rowsOf(batch.tokens, batch.length),
      src_lengths: batch.lengths,
      target: rowsOf(batch.targets, batch.length),
      start_indices: batch.starts,
      ntokens: batch.tokenCount,
    })),
  };
}
