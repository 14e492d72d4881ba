/** Kind `beam`: translations found by beam search and by greedy search, of a batch as it is padded. */
import { z } from "zod";
import { PAD_ID } from "../../../data/vocabulary.ts";
import type { Device } from "../../../device/device.ts";
import { decodeStep, encodeForDecoding } from "../../../models/translation_decoding.ts";
import type { TranslationConfig } from "../../../models/translation_config.ts";
import {
  buildTranslation,
  translationInputs,
  translationParameters,
} from "../../../models/translation_model.ts";
import { Inference } from "../../../train/inference.ts";
import type { ModelFunction } from "../../../train/workload.ts";
import type { BeamOptions, Hypothesis } from "../../../workloads/translation/beam_search.ts";
import { searchBatch, type SourceBatch } from "../../../workloads/translation/search_batch.ts";
import type { Golden } from "../golden.ts";
import type { Produced } from "../run_module.ts";
import { translationConfigOf } from "./nmt_config.ts";

const caseSchema = z.object({
  search: z.object({
    beam: z.int().positive(),
    lenpen: z.number(),
    max_len_a: z.number(),
    max_len_b: z.number(),
    min_len: z.number(),
  }),
});

/** Tokens are compared exactly. */
const exact = { tolerance: { relative: 0, absolute: 0 } };

/** The tensors that describe what was found for all sentences. */
function described(golden: Golden, name: string, found: readonly Hypothesis[][]): Produced[] {
  const [, beam, length] = golden.expected.get(`output.${name}.tokens`)?.shape ?? [0, 0, 0];
  const size = found.length * beam;
  const tokens = new Int32Array(size * length).fill(PAD_ID);
  const positional = new Float32Array(size * length);
  const scores = new Float32Array(size);
  const lengths = new Int32Array(size);
  found.forEach((hypotheses, sentence) =>
    hypotheses.slice(0, beam).forEach((hypothesis, rank) => {
      const row = sentence * beam + rank;
      // A longer one than the file has room for differs in its length.
      tokens.set(hypothesis.tokens.subarray(0, length), row * length);
      positional.set(hypothesis.positionalScores.subarray(0, length), row * length);
      scores[row] = hypothesis.score;
      lengths[row] = hypothesis.tokens.length;
    })
  );
  return [
    { name: `output.${name}.tokens`, values: tokens, compare: exact },
    { name: `output.${name}.lengths`, values: lengths, compare: exact },
    { name: `output.${name}.scores`, values: scores },
    { name: `output.${name}.positional_scores`, values: positional },
  ];
}

/** The modes of decoding, and one that has all parameters. */
function modelOf(config: TranslationConfig): ModelFunction {
  return (ctx, extents, mode) => {
    if (mode === "encode") return encodeForDecoding(config, ctx, extents);
    if (mode === "step") return decodeStep(config, ctx, extents);
    return buildTranslation(config, ctx, translationInputs(1, 2, 2), { labelSmoothing: 0 });
  };
}

/** Hypotheses, lengths and scores of both searches. */
export async function verifyBeamSearch(device: Device, golden: Golden): Promise<Produced[]> {
  const config = translationConfigOf(golden);
  const { search } = golden.config(caseSchema);
  golden.checkParameters(translationParameters(config).parameters);
  const { shape: [rows, width], values } = golden.inputTensor("src_tokens");
  const batch: SourceBatch = { tokens: Int32Array.from(values), rows, width, sentences: rows };
  using inference = new Inference(device, {
    model: modelOf(config),
    mode: "evaluate",
    extents: {},
    values: { parameters: golden.parameterValues(), states: new Map() },
    where: golden.where,
  });
  const found = async (beam: number) => {
    const options: BeamOptions = {
      beam,
      lengthPenalty: search.lenpen,
      maxLengthA: search.max_len_a,
      maxLengthB: search.max_len_b,
      minLength: search.min_len,
    };
    // Small steps, so that the memory of the search has to grow and to shrink.
    const tuning = { readEvery: 3, firstCapacity: 8 };
    return await searchBatch(inference, config, batch, options, tuning);
  };
  return [
    ...described(golden, "beam", await found(search.beam)),
    ...described(golden, "greedy", await found(1)),
  ];
}
