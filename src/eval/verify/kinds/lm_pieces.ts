/** Documents that a language model reads in pieces, as validation and scoring of the reference do. */
import { PAD_ID } from "../../../data/vocabulary.ts";
import { CarriedStream, type Values } from "../carried_stream.ts";
import type { DecoderRun } from "../../../models/decoder_run.ts";
import { buildLanguageModel, languageModelInputs } from "../../../models/language_model.ts";
import type { LanguageModelConfig } from "../../../models/language_model_config.ts";
import type { Device } from "../../../device/device.ts";

/** Rows of equal length, padded on the right; row-major [batch, length]. */
export interface TokenRows {
  readonly tokens: ArrayLike<number>;
  readonly targets: ArrayLike<number>;
  readonly batch: number;
  readonly length: number;
}

/** Columns `start` … `start + size − 1` of a matrix of rows of `length`. */
export function columns(
  values: ArrayLike<number>,
  rows: number,
  length: number,
  start: number,
  size: number,
): Int32Array<ArrayBuffer> {
  return Int32Array.from(
    { length: rows * size },
    (_, i) => values[Math.floor(i / size) * length + start + i % size],
  );
}

/** The batch inputs of a model for some columns of rows. */
export function feedsOf(
  { tokens, targets, batch, length }: TokenRows,
  start = 0,
  size = length,
): Map<string, Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>> {
  const wanted = columns(targets, batch, length, start, size);
  return new Map<string, Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>>([
    ["tokens", columns(tokens, batch, length, start, size)],
    ["targets", wanted],
    ["weights", Float32Array.from(wanted, (word) => word === PAD_ID ? 0 : 1)],
  ]);
}

/** Starts and lengths of pieces of at most `piece` positions. */
export function piecesOf(length: number, piece: number): { start: number; size: number }[] {
  return Array.from({ length: Math.ceil(length / piece) }, (_, i) => ({
    start: i * piece,
    size: Math.min(piece, length - i * piece),
  }));
}

/** Number of targets that count. */
export function countTokens(targets: ArrayLike<number>): number {
  return Array.from(targets).filter((word) => word !== PAD_ID).length;
}

/** What a piece gave. */
export interface Piece {
  readonly start: number;
  readonly size: number;
  /** −log p of every target, 0 at padding; [batch, size]. */
  readonly losses: Float32Array;
  /** Carried state after the piece, by full name. */
  readonly state: ReadonlyMap<string, Float32Array>;
}

/** Reads rows piece by piece from empty state; with the training criterion's quirk if asked for. */
export async function readPieces(
  device: Device,
  parameters: Values,
  config: LanguageModelConfig,
  rows: TokenRows,
  how: { readonly piece: number; readonly run: DecoderRun; readonly ignoreTailPadding: boolean },
): Promise<Piece[]> {
  const stream = new CarriedStream(device, parameters);
  const pieces: Piece[] = [];
  for (const { start, size } of piecesOf(rows.length, how.piece)) {
    const { losses } = await stream.run((ctx) => {
      const batch = languageModelInputs(rows.batch, size);
      const { ignoreTailPadding } = how;
      const options = { ...how.run, ignoreTailPadding };
      return { losses: buildLanguageModel(config, ctx, batch, options).tokenLosses };
    }, feedsOf(rows, start, size));
    pieces.push({ start, size, losses, state: stream.state });
  }
  return pieces;
}

/** Sum in float64. */
export function total(values: ArrayLike<number>): number {
  return Array.from(values).reduce((a, b) => a + b, 0);
}

/** Sums of a split as the reference reports them, under `prefix`. */
export function summary(
  prefix: string,
  lossSum: number,
  tokens: number,
): { readonly name: string; readonly values: number[] }[] {
  const base2 = lossSum / tokens / Math.LN2;
  return [
    { name: `${prefix}loss_base2`, values: [base2] },
    { name: `${prefix}ppl`, values: [2 ** base2] },
    { name: `${prefix}perplexity`, values: [2 ** base2] },
    { name: `${prefix}loss_sum`, values: [lossSum] },
    { name: `${prefix}nll_sum`, values: [lossSum] },
    { name: `${prefix}ntokens`, values: [tokens] },
    { name: `${prefix}num_tokens`, values: [tokens] },
  ];
}
