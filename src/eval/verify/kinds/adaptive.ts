/** Kind `adaptive`: adaptive input and adaptive softmax by themselves. */
import { z } from "zod";
import { PAD_ID } from "../../../data/vocabulary.ts";
import type { Device } from "../../../device/device.ts";
import { UserError } from "../../../errors.ts";
import { gather } from "../../../../kernels/gather/mod.ts";
import { add, mul, neg } from "../../../../kernels/elementwise/mod.ts";
import { sum } from "../../../../kernels/reduce/mod.ts";
import { iota } from "../../../../kernels/source/generate.ts";
import { reshape } from "../../../../kernels/view/mod.ts";
import type { Tensor } from "../../../graph/contract.ts";
import { adaptiveInput } from "../../../nn/adaptive_input.ts";
import { adaptiveSoftmax } from "../../../nn/adaptive_softmax.ts";
import type { ModelContext } from "../../../nn/context.ts";
import { nonPadding } from "../../../nn/embedding.ts";
import type { Golden } from "../golden.ts";
import { cotangentLoss, type ModuleGraph, type Produced, runModule } from "../run_module.ts";

const adaptiveConfig = z.object({
  cutoff: z.array(z.int()),
  factor: z.number(),
  tie_proj: z.boolean(),
  tie_weights: z.boolean(),
  vocab: z.int(),
});

/** −log p of the words that count, from stored log-probabilities [R, V]. */
function scored(logProbabilities: Tensor, words: Tensor, counts: Tensor): Tensor {
  const [rows, vocabulary] = logProbabilities.shape;
  const places = add(mul(iota([rows], 0, "i32"), vocabulary), reshape(words, [rows]));
  const picked = gather(reshape(logProbabilities, [rows * vocabulary, 1]), places);
  return neg(sum(mul(reshape(picked, [rows]), reshape(counts, [rows]))));
}

/**
 * Embedded words and their gradients (`grad.embed.*`), and the softmax with the loss of the training
 * criterion, the exact one, and its own gradients.
 */
export async function verifyAdaptive(device: Device, golden: Golden): Promise<Produced[]> {
  const config = golden.config(adaptiveConfig);
  const { vocab: vocabulary, cutoff: cutoffs, factor } = config;
  const scope = "adaptive_input";
  const first = golden.parameters.get(`${scope}.embeddings.0.1.weight`);
  if (first === undefined) throw new UserError(`${golden.where}: the first band is missing`);
  const [width, initialWidth] = first.shape;
  const embedded = (ctx: ModelContext) =>
    ctx.scope(scope, () => {
      const words = golden.input("tokens");
      return adaptiveInput(ctx, words, {
        vocabulary,
        initialWidth,
        factor,
        cutoffs,
        width,
        padding: PAD_ID,
      });
    });
  const softmaxOf = (ctx: ModelContext): ModuleGraph => {
    const hidden = golden.input("hidden");
    const words = golden.input("target");
    const softmax = ctx.scope(
      "adaptive_softmax",
      () =>
        adaptiveSoftmax(ctx, reshape(hidden, [words.size, width]), {
          vocabulary,
          cutoffs,
          factor,
          dropout: 0,
          ...(config.tie_weights
            ? { tied: { input: scope, initialWidth, projections: config.tie_proj } }
            : {}),
        }),
    );
    const counts = nonPadding(words, PAD_ID);
    const flat = reshape(words, [words.size]);
    const total = (losses: Tensor) => sum(mul(losses, reshape(counts, [words.size])));
    const lossSum = total(softmax.losses(flat, PAD_ID));
    const tokens = golden.inputTensor("target").values.filter((word) => word !== PAD_ID).length;
    const loss = mul(lossSum, 1 / tokens);
    const logProbabilities = softmax.logProbabilities();
    return {
      outputs: {
        head_logits: softmax.headLogits(),
        log_probs: reshape(logProbabilities, [...words.shape, vocabulary]),
        loss_sum: reshape(lossSum, [1]),
        loss_mean: reshape(loss, [1]),
        ntokens: reshape(sum(counts), [1]),
        nll_sum_from_log_probs: reshape(scored(logProbabilities, words, counts), [1]),
      },
      loss,
      inputs: { hidden },
    };
  };
  const results = await runModule(device, golden, (ctx) => {
    const y = embedded(ctx);
    const graph = softmaxOf(ctx);
    return { ...graph, outputs: { ...graph.outputs, embedded: y } };
  }, { training: true });
  // The exact losses without stored probabilities, and the gradients of the embedding alone.
  const gradients = await runModule(device, golden, (ctx) => {
    const y = embedded(ctx);
    const hidden = golden.input("hidden");
    softmaxOf(ctx);
    return { outputs: {}, loss: cotangentLoss(golden, y, "cotangent_embed"), inputs: { hidden } };
  }, { training: true, gradients: "grad.embed." });
  return [...results, ...gradients];
}
