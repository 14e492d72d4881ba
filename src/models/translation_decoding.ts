/**
 * Translation models in decoding: `encodeForDecoding` reads the sources and lays down everything that
 * the beams share, `decodeStep` extends all beams by one word and ranks the continuations. The two hand
 * state on to each other on the device.
 */
import { EOS_ID, UNK_ID } from "../data/vocabulary.ts";
import type { Tensor } from "../graph/contract.ts";
import { add, equal, mul, toI32, where } from "../../kernels/elementwise/mod.ts";
import { matmul } from "../../kernels/matmul/mod.ts";
import { full, iota } from "../../kernels/source/generate.ts";
import { input } from "../../kernels/source/mod.ts";
import { broadcastTo, pad, reshape, slice } from "../../kernels/view/mod.ts";
import {
  attendToGatedSource,
  attendToHeadedSource,
  type CrossStep,
  rememberGatedSource,
  rememberHeadedSource,
} from "../nn/cached_cross_attention.ts";
import type { ModelContext } from "../nn/context.ts";
import { nonPadding } from "../nn/embedding.ts";
import type { CrossAttention, EncodedSource } from "../nn/encoded_source.ts";
import {
  type Beams,
  bestContinuations,
  forbiddenScore,
  nextBeams,
  recordOf,
  type SpecialWords,
  type StepLimits,
} from "./beam_step.ts";
import type { DecoderRun } from "./decoder_run.ts";
import { megaDecoder } from "./mega_decoder.ts";
import { megaCrossOptions } from "./mega_translation_decoder.ts";
import { transformerDecoder } from "./transformer_decoder.ts";
import { plainDecoderConfig } from "./transformer_translation_decoder.ts";
import { positionLimits, type TranslationConfig } from "./translation_config.ts";
import { encodeSource, outputTable, targetWords } from "./translation_model.ts";

/** Steps whose records the device keeps. */
export const recordedSteps = 8;

/** Extents of the search by name: `sentences` N, `beam` b, `source` S, positions of a source. */
export type SearchExtents = Readonly<Record<"sentences" | "beam" | "source", number>>;

/** Extents of `encode`: further `words`, padded words of a source, at most S. */
export type EncodeExtents = SearchExtents & Readonly<Record<"words", number>>;

/** Extents of `step`: further `capacity`, the positions that the caches of keys and values hold. */
export type StepExtents = SearchExtents & Readonly<Record<"capacity", number>>;

/** Extents as a caller has them, who may not know that they are complete. */
type Extents = Readonly<Record<string, number>>;

/** Positions that a cache ever needs: the chunk of a chunked decoder, otherwise the longest target. */
export function cacheLimit(config: TranslationConfig): number {
  const { decoder } = config;
  const { target } = positionLimits(config);
  return decoder.kind === "mega" && decoder.chunk !== null
    ? Math.min(decoder.chunk, target)
    : target;
}

interface SearchState {
  readonly beams: Beams;
  readonly limits: StepLimits;
  readonly records: Tensor;
}

/** The carried state of the search itself, in the scope `search`. */
function searchState(ctx: ModelContext, { sentences, beam }: SearchExtents): SearchState {
  const perBeam = (name: string) => ctx.carried(name, [sentences, beam]);
  const limits = ctx.carried("limits", [3]);
  const limit = (k: number) => slice(limits, 0, k, 1);
  return {
    beams: { scores: perBeam("scores"), tokens: perBeam("tokens"), parents: perBeam("parents") },
    limits: {
      step: ctx.carried("position", [1]),
      minLength: limit(0),
      maxLength: limit(1),
      unknownPenalty: limit(2),
    },
    records: ctx.carried("records", [recordedSteps, sentences, 3, 2 * beam]),
  };
}

function carryBeams(ctx: ModelContext, { scores, tokens, parents }: Beams): void {
  ctx.carry("scores", scores);
  ctx.carry("tokens", tokens);
  ctx.carry("parents", parents);
}

/** Runs `body` in the scope of the cross attention of every decoder layer. */
function inCrossScopes(
  ctx: ModelContext,
  config: TranslationConfig,
  body: () => void,
): void {
  const { decoder } = config;
  const name = decoder.kind === "mega" ? "cross_attn" : "encoder_attn";
  for (let layer = 0; layer < decoder.layers; layer++) {
    ctx.scope(`decoder.layers.${layer}.${name}`, body);
  }
}

function rememberSource(ctx: ModelContext, config: TranslationConfig, source: EncodedSource): void {
  const { decoder } = config;
  const { target, longest } = positionLimits(config);
  inCrossScopes(ctx, config, () => {
    if (decoder.kind === "mega") {
      const options = megaCrossOptions(decoder, longest);
      rememberGatedSource(ctx, source, options, target);
    } else {
      rememberHeadedSource(ctx, source, decoder.heads);
    }
  });
}

/**
 * Encodes sources for decoding and starts the beams. Inputs: `source` i32 [N, words], padded on either
 * side, and `limits` f32 [3]: least and most words before `</s>`, penalty of the unknown word. Carries
 * everything that {@link decodeStep} reads. Steps see S positions, of which the last ones are hidden
 * where there are fewer words: one program of steps serves sources of several lengths.
 */
export function encodeForDecoding(
  config: TranslationConfig,
  ctx: ModelContext,
  { sentences, beam, source, words: length }: Extents,
): { readonly outputs: Readonly<Record<string, Tensor>> } {
  const words = input("source", [sentences, length], "i32");
  const more = (x: Tensor) => pad(x, 1, 0, source - length);
  rememberSource(ctx, config, { encoded: more(encodeSource(config, ctx, words).encoded) });
  ctx.scope("search", () => {
    searchState(ctx, { sentences, beam, source });
    ctx.carried("source_mask", [sentences, source]);
    ctx.carry("source_mask", more(nonPadding(words, config.padding)));
    ctx.carry("limits", input("limits", [3]));
    ctx.carry("position", full([1], 0));
    // Until they differ, the beams of a sentence are one.
    const shape = [sentences, beam];
    const row = iota(shape, 1);
    carryBeams(ctx, {
      scores: where(equal(row, 0), full(shape, 0), forbiddenScore),
      tokens: full(shape, EOS_ID),
      parents: row,
    });
  });
  return { outputs: {} };
}

/** Features [N · b, 1, D] of the last words of all beams. */
function decodeWords(
  config: TranslationConfig,
  ctx: ModelContext,
  words: Tensor,
  run: DecoderRun,
  cross: CrossStep,
): Tensor {
  const { decoder } = config;
  const target = targetWords(config, ctx, words);
  if (decoder.kind === "mega") {
    const options = megaCrossOptions(decoder, positionLimits(config).longest);
    const attend: CrossAttention = (inner, x) => attendToGatedSource(inner, x, options, cross);
    return megaDecoder(ctx, target, { ...decoder, affineFinalNorm: true }, run, attend);
  }
  return transformerDecoder(ctx, target, plainDecoderConfig(decoder), run, {
    normBefore: decoder.normBefore,
    cross: (inner, x) => attendToHeadedSource(inner, x, decoder.heads, cross),
  });
}

/**
 * One step of beam search. Input: `forced` i32 [N], the word that a sentence must go on with, or
 * padding. The caches hold the words from the last border of a chunk on, so their capacity must be
 * above the place of the step within its chunk.
 *
 * @returns The output `records` [{@link recordedSteps}, N, 3, 2b]: of the last steps, step s at s modulo
 *   their number, the best continuations, best first: cumulative log-probability, word, and the beam
 *   that they continue.
 */
export function decodeStep(
  config: TranslationConfig,
  ctx: ModelContext,
  { sentences, beam, source, capacity }: Extents,
): { readonly outputs: { readonly records: Tensor } } {
  const { decoder, padding } = config;
  const rows = sentences * beam;
  const { beams, limits, records } = ctx.scope(
    "search",
    () => searchState(ctx, { sentences, beam, source }),
  );
  const position = limits.step;
  const valid = ctx.scope("search", () => ctx.carried("source_mask", [sentences, source]));
  const first = mul(iota([sentences, 1], 0), beam);
  const order = reshape(toI32(add(beams.parents, first)), [rows]);
  const history = beam === 1 ? { position, group: beam } : { position, group: beam, order };
  const block = decoder.kind === "mega" ? decoder.chunk : null;
  const run = { carried: true, step: { capacity, beams: { history, block } } };
  const targets = positionLimits(config).target;
  const cross = { sentences, source, targets, valid, position };
  const logits = ctx.scope("decoder", () => {
    const words = reshape(toI32(beams.tokens), [rows, 1]);
    const features = decodeWords(config, ctx, words, run, cross);
    const flat = reshape(features, [rows, decoder.width]);
    return matmul(flat, outputTable(config, ctx), { transposeB: true });
  });
  const special: SpecialWords = { padding, end: EOS_ID, unknown: UNK_ID };
  const forced = input("forced", [sentences], "i32");
  return ctx.scope("search", () => {
    const best = bestContinuations(logits, beams, forced, special, limits);
    carryBeams(ctx, nextBeams(best, special));
    ctx.carry("position", add(position, 1));
    // Counts the records round and round.
    const slot = ctx.carried("slot", [1]);
    const present = where(equal(position, 0), 0, slot);
    const following = add(present, 1);
    ctx.carry("slot", where(equal(following, recordedSteps), 0, following));
    const here = broadcastTo(
      equal(iota([recordedSteps, 1, 1, 1], 0), present),
      records.shape,
    );
    const recorded = where(here, broadcastTo(recordOf(best), records.shape), records);
    ctx.carry("records", recorded);
    return { outputs: { records: recorded } };
  });
}
