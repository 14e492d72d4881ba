/** Kinds `s4_kernel`, `s4_layer`, `s4d_min` and `s4_init`. */
import { z } from "zod";
import type { Device } from "../../../device/device.ts";
import type { Tensor } from "../../../graph/contract.ts";
import { less, toF32 } from "../../../../kernels/elementwise/mod.ts";
import { iota } from "../../../../kernels/source/generate.ts";
import { concat, expandDims } from "../../../../kernels/view/mod.ts";
import type { ComplexTensor } from "../../../nn/s4/complex.ts";
import { legsDense, legsNplr } from "../../../nn/s4/hippo.ts";
import { initialSystem } from "../../../nn/s4/initial_values.ts";
import { diagonalStep } from "../../../nn/s4/kernel.ts";
import { s4Block, s4Kernel } from "../../../nn/s4/layer.ts";
import { s4dMinimal } from "../../../nn/s4/minimal.ts";
import { s4Modes } from "../../../nn/s4/options.ts";
import { s4Parameters } from "../../../nn/s4/parameters.ts";
import type { Golden } from "../golden.ts";
import { cotangentLoss, type Produced, runModule } from "../run_module.ts";
import {
  activationOf,
  attunedLength,
  kernelOptionsOf,
  s4KernelFields,
  s4LayerFields,
} from "./s4_config.ts";
import { denseSystems } from "./s4_host.ts";

/** Largest state: the host computes with square matrices of it. */
const LARGEST_STATE = 4096;

/** Real and imaginary part along a last axis. */
function interleave({ re, im }: ComplexTensor): Tensor {
  return concat([expandDims(re, re.rank), expandDims(im, im.rank)], re.rank);
}

const kernelConfig = z.object({
  kernel: z.strictObject(s4KernelFields),
  length: z.int().positive(),
  mode: z.enum([...s4Modes, "nplr", "s4d"]),
});

/** Kind `s4_kernel`: a convolution kernel with its gradients, and the discrete system. */
export async function verifyS4Kernel(device: Device, golden: Golden): Promise<Produced[]> {
  const { kernel: fields, length, mode } = golden.config(kernelConfig);
  const attuned = attunedLength(golden, "");
  const options = kernelOptionsOf(fields, mode, attuned);
  const produced = await runModule(device, golden, (ctx) => {
    const parameters = s4Parameters(ctx, fields.d_model, length, options);
    const kernel = s4Kernel(parameters, length, options);
    const loss = cotangentLoss(golden, kernel);
    if (options.mode === "dplr") return { outputs: { kernel }, loss };
    const { transition, input } = diagonalStep(parameters, options.discretization);
    const discrete = {
      A: interleave(parameters.a),
      dA: interleave(transition),
      dB: interleave(input),
      dC: interleave(parameters.c),
      dt: parameters.dt,
    };
    return { outputs: { kernel, ...discrete }, loss };
  }, { training: true });
  if (options.mode === "diag") return produced;
  return [...produced, ...denseSystems(golden, options, attuned ?? length)];
}

const layerConfig = z.object({
  layer: z.strictObject(s4LayerFields),
  length: z.int().positive(),
});

/** 1 before each row's length, else 0, [B, L]. */
function validBefore(lengths: Tensor, length: number): Tensor {
  const [batch] = lengths.shape;
  return less(iota([batch, length], 1), expandDims(toF32(lengths), 1));
}

/** Kind `s4_layer`: a whole block with its gradients. */
export function verifyS4Layer(device: Device, golden: Golden): Promise<Produced[]> {
  const { layer: fields } = golden.config(layerConfig);
  const options = kernelOptionsOf(fields, fields.mode, attunedLength(golden, "layer.kernel."));
  const { final_act: final } = fields;
  return runModule(device, golden, (ctx) => {
    const x = golden.input("x");
    const valid = golden.inputs.has("lengths")
      ? validBefore(golden.input("lengths"), x.shape[1])
      : undefined;
    const { y, activated, kernel } = s4Block(ctx, x, {
      ...options,
      activation: activationOf(golden, fields.activation),
      finalActivation: final === "glu" || final === null ? final : activationOf(golden, final),
      dropout: 0,
      tieDropout: true,
    }, valid);
    return {
      outputs: { y, conv_act: activated, kernel },
      loss: cotangentLoss(golden, y),
      inputs: { x },
    };
  }, { training: true });
}

const minimalConfig = z.object({
  d_state: z.int().positive().max(LARGEST_STATE),
  dt_min: z.number().default(0.001),
  dt_max: z.number().default(0.1),
});

/** Kind `s4d_min`: the minimal S4D layer. */
export function verifyS4dMinimal(device: Device, golden: Golden): Promise<Produced[]> {
  const { d_state: states, dt_min: dtMin, dt_max: dtMax } = golden.config(minimalConfig);
  return runModule(device, golden, (ctx) => {
    const x = golden.input("x");
    const { y, kernel } = s4dMinimal(ctx, x, { states, dtMin, dtMax, dropout: 0 });
    return { outputs: { y, kernel }, loss: cotangentLoss(golden, y), inputs: { x } };
  }, { training: true });
}

const initConfig = z.object({ N: z.array(z.int().positive().max(LARGEST_STATE)) });

const interleaved = (re: ArrayLike<number>, im: ArrayLike<number>) =>
  Float64Array.from({ length: 2 * re.length }, (_, i) => (i % 2 === 0 ? re : im)[i >> 1]);

/** Kind `s4_init`: HiPPO-LegS and the diagonal initial values; computed on the host. */
export function verifyS4Init(_device: Device, golden: Golden): Promise<Produced[]> {
  const { N } = golden.config(initConfig);
  const produced = N.flatMap((states): Produced[] => {
    const dense = legsDense(states);
    const { frequencies, p, b } = legsNplr(states);
    const half = frequencies.map(() => -0.5);
    const modulus = ({ re, im }: typeof p) => re.map((x, n) => Math.hypot(x, im[n]));
    const named = {
      "legs_dense.A": dense.a,
      "legs_dense.B": dense.b,
      "legs_dense.P": dense.p,
      "legs_nplr.W": interleaved(half, frequencies),
      "legs_nplr.abs_B": modulus(b),
      "legs_nplr.abs_P": modulus(p),
      "legs_nplr.conjP_B": interleaved(
        p.re.map((x, n) => x * b.re[n] + p.im[n] * b.im[n]),
        p.re.map((x, n) => x * b.im[n] - p.im[n] * b.re[n]),
      ),
    };
    const diagonal = (["legs", "lin", "inv"] as const).flatMap((init): [string, Float64Array][] => {
      const system = initialSystem(init, states);
      return [
        [`diag_${init}.A`, interleaved(system.a.re, system.a.im)],
        [`diag_${init}.B`, interleaved(system.b.re, system.b.im)],
      ];
    });
    return [...Object.entries(named), ...diagonal]
      .map(([name, values]) => ({ name: `output.N${states}.${name}`, values }));
  });
  return Promise.resolve(produced);
}
