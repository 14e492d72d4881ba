/** Configurations of S4 golden files, in the reference's words, as options of our layers. */
import { z } from "zod";
import { UserError } from "../../../errors.ts";
import { type ActivationName, activationNames } from "../../../nn/activations.ts";
import {
  s4Discretizations,
  type S4Init,
  type S4KernelOptions,
  s4Modes,
  s4Transforms,
} from "../../../nn/s4/options.ts";
import type { Golden } from "../golden.ts";

const count = z.int().positive();
const transform = z.enum(s4Transforms).default("exp");
/** Options that change nothing here, or that only the default value of is supported. */
const only = <T extends z.core.util.Literal>(...values: T[]) => z.literal(values).optional();

/** Keyword arguments of the reference's state-space kernels. */
export const s4KernelFields = {
  d_model: count,
  d_state: count.default(64),
  channels: count.default(1),
  n_ssm: count.nullable().default(null),
  init: z.string().default("legs"),
  disc: z.enum(s4Discretizations).optional(),
  dt_min: z.number().default(0.001),
  dt_max: z.number().default(0.1),
  dt_tie: z.boolean().default(true),
  dt_transform: transform,
  real_transform: transform,
  imag_transform: z.enum(s4Transforms).default("none"),
  l_max: count.nullable().default(null),
  rank: only(1),
  rate: only(1),
  is_real: only(false),
  bandlimit: only(null),
  deterministic: z.boolean().optional(),
  backend: z.unknown().optional(),
  verbose: z.unknown().optional(),
  lr: z.unknown().optional(),
  wd: z.unknown().optional(),
};

/** Keyword arguments of the reference's S4 block. */
export const s4LayerFields = {
  ...s4KernelFields,
  mode: z.enum([...s4Modes, "nplr", "s4d"]).default("dplr"),
  bidirectional: z.boolean().default(false),
  activation: z.string().nullable().default("gelu"),
  final_act: z.string().nullable().default("glu"),
  dropout: only(0),
  tie_dropout: z.boolean().optional(),
  drop_kernel: only(0, null),
  swap_channels: only(false),
  transposed: only(false),
  gate: only(null),
  gate_act: z.unknown().optional(),
  mult_act: only(null),
  bottleneck: only(null),
  initializer: z.unknown().optional(),
  weight_norm: only(false),
};

const initNames: ReadonlyMap<string, S4Init> = new Map([
  ["legs", "legs"],
  ["lin", "lin"],
  ["linear", "lin"],
  ["inv", "inv"],
  ["inverse", "inv"],
]);

/** Names of the reference for activations that are called otherwise here. */
const aliases: ReadonlyMap<string, ActivationName> = new Map([
  ["id", "linear"],
  ["identity", "linear"],
  ["linear", "linear"],
  ["swish", "silu"],
  ["sqrelu", "relu2"],
]);

/** Initial values do not matter where the file brings all parameters. */
function initOf(name: string): S4Init {
  return initNames.get(name.replace(/^(diag|dplr)-/, "")) ?? "lin";
}

/** An activation by the reference's name. @throws {UserError} for one that does not exist here. */
export function activationOf(golden: Golden, name: string | null): ActivationName {
  const found = name === null
    ? "linear"
    : aliases.get(name) ?? activationNames.find((each) => each === name);
  if (found === undefined) {
    throw new UserError(`${golden.where}: config: activation ${name} is not supported`);
  }
  return found;
}

/** Taps that the output weights of a low-rank file are attuned to; `null` for other files. */
export function attunedLength(golden: Golden, prefix: string): number | null {
  const stored = golden.parameters.get(`${prefix}l_kernel`);
  return stored === undefined ? null : stored.values[0];
}

type KernelFields = z.infer<z.ZodObject<typeof s4KernelFields>>;

/** Kernel options from the reference's fields. */
export function kernelOptionsOf(
  fields: KernelFields & { readonly bidirectional?: boolean },
  mode: string,
  attuned: number | null,
): S4KernelOptions {
  return {
    mode: mode === "diag" || mode === "s4d" ? "diag" : "dplr",
    init: initOf(fields.init),
    discretization: fields.disc ?? "zoh",
    states: fields.d_state,
    channels: fields.channels,
    bidirectional: fields.bidirectional ?? false,
    copies: fields.n_ssm,
    dtMin: fields.dt_min,
    dtMax: fields.dt_max,
    dtTransform: fields.dt_transform,
    realTransform: fields.real_transform,
    imagTransform: fields.imag_transform,
    tiedDt: fields.dt_tie,
    kernelLength: attuned ?? fields.l_max,
  };
}
