/** Kinds `ema` (whole sequences, with gradients) and `ema_step` (incremental). */
import { z } from "zod";
import type { Device } from "../../../device/device.ts";
import { UserError } from "../../../errors.ts";
import type { Tensor } from "../../../graph/contract.ts";
import { sub } from "../../../../kernels/elementwise/mod.ts";
import { full } from "../../../../kernels/source/generate.ts";
import { concat, reshape, slice } from "../../../../kernels/view/mod.ts";
import {
  emaCoefficients,
  emaKernel,
  emaMethods,
  type EmaOptions,
  multiHeadEma,
  statefulEma,
} from "../../../nn/ema.ts";
import type { Golden } from "../golden.ts";
import { cotangentLoss, type Produced, runModule } from "../run_module.ts";

const emaConfig = z.object({
  bidirectional: z.boolean().default(false),
  ndim: z.int().positive(),
  truncation: z.int().positive().nullable().default(null),
});

/** 1 at valid positions from a mask among the file's inputs (1 at padding), if it has one. */
export function validPositions(golden: Golden, mask = "padding_mask"): Tensor | undefined {
  return golden.inputs.has(mask) ? sub(1, golden.input(mask)) : undefined;
}

/** Kind `ema`, by every method: scan and Fourier convolution. */
export async function verifyEma(device: Device, golden: Golden): Promise<Produced[]> {
  const { bidirectional, ndim: dimensions, truncation } = golden.config(emaConfig);
  const produced: Produced[] = [];
  for (const method of emaMethods) {
    const options: EmaOptions = { dimensions, bidirectional, truncation, method };
    const results = await runModule(device, golden, (ctx) => {
      const x = golden.input("x");
      const [, length, width] = x.shape;
      const y = multiHeadEma(ctx, x, options, validPositions(golden));
      const coefficients = emaCoefficients(ctx, width, options);
      const kernel = emaKernel(coefficients, Math.min(length, truncation ?? length));
      return {
        outputs: { y, kernel, coeff_p: coefficients.p, coeff_q: coefficients.q },
        loss: cotangentLoss(golden, y),
        inputs: { x },
      };
    }, { training: true, via: method });
    produced.push(...results);
  }
  return produced;
}

const stepConfig = emaConfig.extend({
  /** Where the first piece of several tokens ends. */
  prefix: z.int().nonnegative(),
  /** Where the second piece ends; single tokens follow. */
  second: z.int().nonnegative(),
});

/** Kind `ema_step`: a prefix, a second piece, then one token at a time, against the full pass. */
export function verifyEmaStep(device: Device, golden: Golden): Promise<Produced[]> {
  const { bidirectional, ndim: dimensions, truncation, prefix, second } = golden.config(stepConfig);
  if (bidirectional) throw new UserError(`${golden.where}: config: bidirectional: has no steps`);
  const options: EmaOptions = { dimensions, bidirectional, truncation };
  return runModule(device, golden, (ctx) => {
    const x = golden.input("x");
    const [batch, length, width] = x.shape;
    let state = full([batch, width, dimensions], 0);
    const advance = (start: number, end: number) => {
      if (end <= start) return [];
      const piece = statefulEma(ctx, slice(x, 1, start, end - start), state, options);
      state = piece.state;
      return [piece];
    };
    const first = advance(0, prefix);
    const next = advance(prefix, second);
    const single = Array.from({ length: length - second }, (_, i) => second + i)
      .flatMap((t) => advance(t, t + 1));
    const outputs: Record<string, Tensor> = {
      y_full: multiHeadEma(ctx, x, options),
      y_incremental: concat([...first, ...next, ...single].map((piece) => piece.y), 1),
    };
    for (const [name, pieces] of Object.entries({ prefix: first, second: next })) {
      for (const piece of pieces) {
        outputs[`raw_${name}`] = piece.average;
        outputs[`state_after_${name}`] = piece.state;
      }
    }
    if (single.length > 0) {
      const states = single.map((piece) => reshape(piece.state, [batch, 1, width, dimensions]));
      outputs.raw_steps = concat(single.map((piece) => piece.average), 1);
      outputs.state_steps = concat(states, 1);
    }
    return { outputs };
  }, { training: false });
}
