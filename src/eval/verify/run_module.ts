/** Runs a module of a golden file on the device: results, gradients, updated statistics. */
import { freshGraph } from "../../graph/build.ts";
import type { Tensor } from "../../graph/contract.ts";
import { mul } from "../../../kernels/elementwise/mod.ts";
import { sum } from "../../../kernels/reduce/mod.ts";
import { parameter } from "../../../kernels/source/mod.ts";
import { UserError } from "../../errors.ts";
import type { Device } from "../../device/device.ts";
import { evaluate } from "../../compiler/evaluate.ts";
import { gradients } from "../../compiler/gradient.ts";
import { ModelContext } from "../../nn/context.ts";
import type { CompareOptions } from "../tolerance.ts";
import type { Golden } from "./golden.ts";

/** A result that a handler computed, to be compared with the expected tensor of that name. */
export interface Produced {
  /** Full name in the file, such as `output.y`. */
  readonly name: string;
  readonly values: ArrayLike<number>;
  /** How it was computed, where a file is checked in several ways. */
  readonly via?: string;
  /** In place of the usual tolerance of outputs or gradients. */
  readonly compare?: CompareOptions;
}

/** What a module function builds. */
export interface ModuleGraph {
  /** Results by name without `output.`. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Scalar to differentiate; without one no gradients are computed. */
  readonly loss?: Tensor;
  /** Inputs that have gradients, by name. */
  readonly inputs?: Readonly<Record<string, Tensor>>;
}

/** Options of {@link runModule}. */
export interface RunOptions {
  readonly training: boolean;
  /** Before the names of outputs, such as `eval.`. */
  readonly prefix?: string;
  readonly via?: string;
  /** Before the names `param.*` and `input.*` of gradients; default `grad.`. */
  readonly gradients?: string;
}

/** Σ y · cotangent, the loss of module files. */
export function cotangentLoss(golden: Golden, y: Tensor, name = "cotangent"): Tensor {
  return sum(mul(y, golden.input(name)));
}

/**
 * Builds the module, checks its parameters against the file, evaluates it and, in training, its
 * gradients (those that the file has) and the updated statistics (`train.*`).
 *
 * @throws {UserError} when parameters differ or the file has gradients of something unknown.
 */
export async function runModule(
  device: Device,
  golden: Golden,
  build: (ctx: ModelContext) => ModuleGraph,
  options: RunOptions,
): Promise<Produced[]> {
  const named = freshGraph(() => {
    const ctx = new ModelContext({ training: options.training });
    const graph = build(ctx);
    const { parameters, states } = ctx.collected;
    golden.checkParameters([...parameters, ...states]);
    const roots = new Map<string, Tensor>();
    for (const [name, tensor] of Object.entries(graph.outputs)) {
      roots.set(`output.${options.prefix ?? ""}${name}`, tensor);
    }
    if (!options.training) return roots;
    for (const [name, tensor] of ctx.stateUpdates) roots.set(`output.train.${name}`, tensor);
    if (graph.loss === undefined) return roots;
    const wrt = new Map<string, Tensor>();
    const prefix = options.gradients ?? "grad.";
    const trainable = new Map(parameters.map((spec) => [spec.name, spec]));
    for (const name of golden.expectedNames(`${prefix}param.`)) {
      const spec = trainable.get(name);
      if (spec === undefined) {
        throw new UserError(
          `${golden.where}: ${prefix}param.${name}: no such parameter is trained`,
        );
      }
      wrt.set(`${prefix}param.${name}`, parameter(spec.name, spec.shape));
    }
    for (const name of golden.expectedNames(`${prefix}input.`)) {
      const tensor = graph.inputs?.[name];
      if (tensor === undefined) {
        throw new UserError(
          `${golden.where}: ${prefix}input.${name}: no such input is differentiable`,
        );
      }
      wrt.set(`${prefix}input.${name}`, tensor);
    }
    const grads = gradients(graph.loss, [...wrt.values()]);
    [...wrt.keys()].forEach((name, i) => roots.set(name, grads[i]));
    return roots;
  });
  const label = `verify ${golden.kind}`;
  const roots = [...named.values()];
  const values = await evaluate(device, roots, golden.feeds(), { label, poison: true });
  return [...named.keys()].map((name, i) => ({
    name,
    values: values[i],
    ...(options.via === undefined ? {} : { via: options.via }),
  }));
}

/**
 * The module in training and, when the file has `output.eval.*`, in evaluation with the running
 * statistics of the file.
 */
export async function runModuleBothModes(
  device: Device,
  golden: Golden,
  build: (ctx: ModelContext) => ModuleGraph,
): Promise<Produced[]> {
  const trained = await runModule(device, golden, build, { training: true });
  const wanted = new Set(golden.expectedNames("output.eval."));
  if (wanted.size === 0) return trained;
  const select = (ctx: ModelContext): ModuleGraph => {
    const { outputs } = build(ctx);
    return {
      outputs: Object.fromEntries(Object.entries(outputs).filter(([name]) => wanted.has(name))),
    };
  };
  const options = { training: false, prefix: "eval." };
  return [...trained, ...await runModule(device, golden, select, options)];
}
