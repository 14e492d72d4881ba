/** What one step of a mode computes, before it is compiled. */
import type { Tensor } from "../graph/contract.ts";
import { roleOf, sourceName } from "../../kernels/source/mod.ts";
import { sourcesOf } from "../compiler/evaluate.ts";
import { gradients } from "../compiler/gradient.ts";
import type { BufferRange } from "../compiler/program.ts";
import { type CarriedSpec, ModelContext, type ModelParameters } from "../nn/context.ts";
import type { BatchExtents, Mode, ModelFunction } from "./workload.ts";

/** The graph of a step. */
export interface ModeGraph {
  readonly collected: ModelParameters;
  readonly carried: readonly CarriedSpec[];
  readonly metricNames: readonly string[];
  readonly roots: readonly Tensor[];
  /** Loss and metrics; empty for a model without a loss in this mode. */
  readonly scalars: readonly Tensor[];
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly gradients: ReadonlyMap<string, Tensor>;
  readonly stateUpdates: ReadonlyMap<string, Tensor>;
  readonly carriedUpdates: ReadonlyMap<string, Tensor>;
  /** What becomes one slot of carried state. */
  readonly carriedSlots: ReadonlyMap<string, Tensor>;
}

/**
 * Builds a step: loss, metrics, outputs, carried state and, for training, gradients and updates of
 * model state.
 *
 * @throws {RangeError} when a model gives no loss to train on.
 */
export function buildModeGraph(
  model: ModelFunction,
  extents: BatchExtents,
  mode: Mode,
): ModeGraph {
  const training = mode === "train";
  const context = new ModelContext({ training });
  const { lossSum, metrics = {}, outputs = {} } = model(context, extents, mode);
  if (training && lossSum === undefined) throw new RangeError("the model gives no loss");
  const scalars = lossSum === undefined ? [] : [lossSum, ...Object.values(metrics)];
  const byName = new Map<string, Tensor>();
  if (training && lossSum !== undefined) {
    const parameters = sourcesOf([lossSum]).filter((source) => roleOf(source) === "parameter");
    gradients(lossSum, parameters).forEach((gradient, i) =>
      byName.set(sourceName(parameters[i]), gradient)
    );
  }
  const stateUpdates = training ? context.stateUpdates : new Map<string, Tensor>();
  const { carriedUpdates, carriedSlots } = context;
  const roots = [
    ...scalars,
    ...byName.values(),
    ...stateUpdates.values(),
    ...carriedUpdates.values(),
    ...carriedSlots.values(),
    ...Object.values(outputs),
  ];
  return {
    collected: context.collected,
    carried: context.carriedSpecs,
    metricNames: Object.keys(metrics),
    roots: [...new Set(roots)],
    scalars,
    outputs: new Map(Object.entries(outputs)),
    gradients: byName,
    stateUpdates,
    carriedUpdates,
    carriedSlots,
  };
}

/** Fixed places for results, one result each; what is left over is copied after the pass. */
export function assignPlaces(
  wanted: readonly { readonly tensor: Tensor; readonly range: BufferRange }[],
): {
  readonly places: Map<Tensor, BufferRange>;
  readonly copies: { readonly tensor: Tensor; readonly range: BufferRange }[];
} {
  const places = new Map<Tensor, BufferRange>();
  const copies = wanted.filter(({ tensor, range }) => {
    if (tensor.node.op.kind === "source" || places.has(tensor)) return true;
    places.set(tensor, range);
    return false;
  });
  return { places, copies };
}
