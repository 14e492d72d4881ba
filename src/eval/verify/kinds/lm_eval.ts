/** Kind `lm_eval`: the score of a text, by Mega in pieces and by the Transformer in windows. */
import { z } from "zod";
import { blockItem, sliceBlocks, splitsBlockSize } from "../../../data/lm/blocks.ts";
import { contextBatches } from "../../../data/lm/context_window.ts";
import { PAD_ID } from "../../../data/vocabulary.ts";
import type { Device } from "../../../device/device.ts";
import { UserError } from "../../../errors.ts";
import type {
  LanguageModelConfig,
  MegaDecoderConfig,
} from "../../../models/language_model_config.ts";
import type { Golden } from "../golden.ts";
import type { Produced } from "../run_module.ts";
import { languageModelConfigOf } from "./lm_config.ts";
import { readPieces, summary, type TokenRows, total } from "./lm_pieces.ts";

const megaSchema = z.object({
  args: z.object({ decoder_chunk_size: z.int() }),
  eval: z.object({
    test_chunk_size: z.int().positive(),
    chunk_nums: z.int().positive(),
    valid_splits: z.int().positive(),
    max_tokens_valid: z.int().positive(),
  }),
});

const windowSchema = z.object({
  eval: z.object({
    context_window: z.int().nonnegative(),
    tokens_per_sample: z.int().positive(),
    max_sentences: z.int().positive(),
  }),
});

/** What is scored: the text, cut into blocks. */
interface Text {
  readonly stream: Int32Array;
  readonly blocks: readonly (readonly [start: number, end: number])[];
}

function linesOf(golden: Golden): { readonly stream: Int32Array; readonly lines: Int32Array } {
  const tensor = (name: string) => Int32Array.from(golden.inputTensor(name).values);
  return { stream: tensor("stream"), lines: tensor("line_lengths") };
}

/** Blocks, and how they were brought together in batches. */
function layout({ blocks }: Text, batches: readonly (readonly number[])[], prefix: string) {
  const width = Math.max(...batches.map((rows) => rows.length));
  return [
    { name: `${prefix}block_start`, values: blocks.map(([start]) => start) },
    { name: `${prefix}block_length`, values: blocks.map(([start, end]) => end - start) },
    {
      name: `${prefix}batch_blocks`,
      values: batches.flatMap((rows) => Array.from({ length: width }, (_, i) => rows[i] ?? -1)),
    },
  ];
}

/** Score of every document, and of every piece of it. */
function scores(text: Text, tokenLosses: Float64Array): Produced[] {
  const ofBlock = ([start, end]: readonly [number, number]) =>
    total(tokenLosses.subarray(start, end));
  const lengths = text.blocks.map(([start, end]) => end - start);
  return [
    { name: "output.token_log_probs", values: tokenLosses.map((loss) => -loss) },
    { name: "output.block_nll", values: text.blocks.map(ofBlock) },
    { name: "output.block_ntokens", values: lengths },
    ...summary("output.", total(tokenLosses), text.stream.length),
  ];
}

/** Scores of the file, by the way that belongs to its model. */
export async function verifyLanguageModelScores(
  device: Device,
  golden: Golden,
): Promise<Produced[]> {
  const config = languageModelConfigOf(golden);
  const { decoder } = config;
  switch (decoder.kind) {
    case "mega":
      return await verifyDocuments(device, golden, config, decoder);
    case "transformer":
      return await verifyWindows(device, golden, config);
    case "s4":
      throw new UserError(`${golden.where}: no way of scoring for S4`);
  }
}

/**
 * Documents that are evaluated together: ascending length, as many as (count + 1) · longest tokens
 * allow. Documents of one length have no order of their own, so that of the file is taken.
 */
function batchesOf(
  { blocks }: Text,
  maxTokens: number,
  order: readonly number[] | undefined,
): number[][] {
  const length = (i: number) => blocks[i][1] - blocks[i][0];
  const rank = (i: number) => order === undefined ? i : order.indexOf(i);
  const sorted = blocks.map((_, i) => i).sort((a, b) => length(a) - length(b) || rank(a) - rank(b));
  const batches: number[][] = [];
  let current: number[] = [];
  for (const i of sorted) {
    if (current.length > 0 && (current.length + 1) * length(i) > maxTokens) {
      batches.push(current);
      current = [];
    }
    current.push(i);
  }
  return [...batches, current];
}

/** Documents of a batch as rows, padded on the right. */
function rowsOf(text: Text, documents: readonly number[]): TokenRows {
  const items = documents.map((i) =>
    blockItem((start, end) => text.stream.subarray(start, end), text.blocks[i])
  );
  const length = Math.max(...items.map(({ target }) => target.length));
  const tokens = new Int32Array(items.length * length).fill(PAD_ID);
  const targets = tokens.slice();
  items.forEach(({ source, target }, row) => {
    tokens.set(source, row * length);
    targets.set(target, row * length);
  });
  return { tokens, targets, batch: items.length, length };
}

async function verifyDocuments(
  device: Device,
  golden: Golden,
  config: LanguageModelConfig,
  decoder: MegaDecoderConfig,
): Promise<Produced[]> {
  const { args, eval: how } = golden.config(megaSchema);
  const { stream, lines } = linesOf(golden);
  const blockSize = splitsBlockSize(stream.length, how.valid_splits);
  const blocks = sliceBlocks(lines, { mode: "complete", nextSize: () => blockSize });
  const text = { stream, blocks };
  const orderOf = (name: string) => {
    const values = golden.expected.get(name)?.values;
    return values === undefined ? undefined : Array.from(values);
  };
  const read = (batch: readonly number[], chunk: number, piece: number, training: boolean) =>
    readPieces(
      device,
      golden.feeds(),
      { ...config, decoder: { ...decoder, chunk } },
      rowsOf(text, batch),
      { piece, run: { carried: true }, ignoreTailPadding: training },
    );

  const validation = batchesOf(text, 10 * blockSize, orderOf("output.validate.batch_blocks"));
  const validated: { batch: number; loss: number; tokens: number }[] = [];
  for (const [batch, documents] of validation.entries()) {
    const pieces = await read(documents, args.decoder_chunk_size, args.decoder_chunk_size, true);
    for (const { losses, start, size } of pieces) {
      const tokens = total(documents.map((i) => overlap(blocks[i], start, size)));
      validated.push({ batch, loss: total(losses), tokens });
    }
  }

  const batches = batchesOf(text, how.max_tokens_valid, orderOf("output.batch_blocks"));
  const piece = how.test_chunk_size * how.chunk_nums;
  const longest = Math.max(...blocks.map(([start, end]) => end - start));
  const pieceCount = Math.ceil(longest / piece);
  const { width, mixer: { dimensions }, layers } = decoder;
  const stateSize = width * dimensions;
  const tokenLosses = new Float64Array(stream.length);
  const pieceLosses = new Float64Array(blocks.length * pieceCount);
  const pieceTokens = new Float64Array(blocks.length * pieceCount);
  const states = Array.from(
    { length: layers },
    () => new Float32Array(blocks.length * (pieceCount - 1) * stateSize),
  );
  for (const documents of batches) {
    const pieces = await read(documents, how.test_chunk_size, piece, false);
    for (const [k, { losses, start, size, state }] of pieces.entries()) {
      for (const [row, i] of documents.entries()) {
        const tokens = overlap(blocks[i], start, size);
        const own = losses.subarray(row * size, row * size + tokens);
        if (tokens > 0) tokenLosses.set(own, blocks[i][0] + start);
        pieceLosses[i * pieceCount + k] = total(own);
        pieceTokens[i * pieceCount + k] = tokens;
        if (k + 1 === pieces.length) continue;
        states.forEach((all, layer) => {
          const after = state.get(`decoder.layers.${layer}.mega_layer.move.ema_state`);
          if (after === undefined) throw new RangeError(`layer ${layer} carries no state`);
          const at = (i * (pieceCount - 1) + k) * stateSize;
          all.set(after.subarray(row * stateSize, (row + 1) * stateSize), at);
        });
      }
    }
  }
  return [
    ...layout(text, batches, "output."),
    ...scores(text, tokenLosses),
    { name: "output.piece_nll", values: pieceLosses },
    { name: "output.piece_ntokens", values: pieceTokens },
    ...states.map((values, layer) => ({
      name: `output.ema_state_after_piece.layers.${layer}`,
      values,
    })),
    ...layout(text, validation, "output.validate."),
    { name: "output.validate.piece_batch", values: validated.map(({ batch }) => batch) },
    { name: "output.validate.piece_loss_sum", values: validated.map(({ loss }) => loss) },
    { name: "output.validate.piece_ntokens", values: validated.map(({ tokens }) => tokens) },
    ...summary(
      "output.validate.",
      total(validated.map(({ loss }) => loss)),
      total(validated.map(({ tokens }) => tokens)),
    ),
  ];
}

/** Positions of a document within a piece. */
function overlap([start, end]: readonly [number, number], from: number, size: number): number {
  return Math.max(0, Math.min(size, end - start - from));
}

/** Blocks of one length in the order of the text, each with earlier text in front. */
async function verifyWindows(
  device: Device,
  golden: Golden,
  config: LanguageModelConfig,
): Promise<Produced[]> {
  const { eval: how } = golden.config(windowSchema);
  const { stream, lines } = linesOf(golden);
  const blockSize = how.tokens_per_sample - how.context_window;
  const blocks = sliceBlocks(lines, { mode: "none", nextSize: () => blockSize });
  const text = { stream, blocks };
  const order = blocks.map((_, i) => i);
  const batches: number[][] = [];
  for (let i = 0; i < order.length; i += how.max_sentences) {
    batches.push(order.slice(i, i + how.max_sentences));
  }
  const items = batches.map((rows) =>
    rows.map((i) => blockItem((from, to) => stream.subarray(from, to), blocks[i]))
  );
  const options = { window: how.context_window, blockSize };
  const tokenLosses = new Float64Array(stream.length);
  const windows: number[] = [];
  const startIndices: number[] = [];
  let block = 0;
  for (const batch of contextBatches(items, options)) {
    const { length, batch: count } = batch;
    const [{ losses }] = await readPieces(device, golden.feeds(), config, batch, {
      piece: length,
      run: { carried: false },
      ignoreTailPadding: false,
    });
    for (let row = 0; row < count; row++) {
      const [start, end] = blocks[block++];
      const first = row * length + batch.starts[row];
      tokenLosses.set(losses.subarray(first, first + end - start), start);
      startIndices.push(batch.starts[row]);
      const own = batch.tokens.subarray(row * length, row * length + batch.lengths[row]);
      windows.push(...Array.from({ length: how.tokens_per_sample }, (_, t) => own[t] ?? PAD_ID));
    }
  }
  return [
    ...layout(text, batches, "output."),
    ...scores(text, tokenLosses),
    { name: "output.start_indices", values: startIndices },
    { name: "output.window_tokens", values: windows },
  ];
}
