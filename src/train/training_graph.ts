/** What one training or evaluation step computes, before it is compiled. */
import type { Tensor } from "../graph/contract.ts";
import { roleOf, sourceName } from "../../kernels/source/mod.ts";
import { sourcesOf } from "../compiler/evaluate.ts";
import { gradients } from "../compiler/gradient.ts";
import type { BufferRange } from "../compiler/program.ts";
import { ModelContext, type ModelParameters } from "../nn/context.ts";

/** What a model function returns for one batch. */
export interface BatchGraph {
  /** Loss summed over the batch, scalar. */
  readonly lossSum: Tensor;
  /** Further scalars, summed over the batch, by name (for example `correct`). */
  readonly metrics: Readonly<Record<string, Tensor>>;
}

/** Builds the graph of a model on its batch inputs. */
export type ModelFunction = (context: ModelContext) => BatchGraph;

/** The graph of a training or evaluation step. */
export interface TrainingGraph {
  readonly collected: ModelParameters;
  readonly metricNames: readonly string[];
  readonly roots: readonly Tensor[];
  readonly scalars: readonly Tensor[];
  readonly gradients: ReadonlyMap<string, Tensor>;
  readonly stateUpdates: ReadonlyMap<string, Tensor>;
}

/** Builds a step: loss, metrics and, for training, gradients and updates of model state. */
export function buildTrainingGraph(model: ModelFunction, training: boolean): TrainingGraph {
  const context = new ModelContext({ training });
  const { lossSum, metrics } = model(context);
  const { collected } = context;
  const scalars = [lossSum, ...Object.values(metrics)];
  const byName = new Map<string, Tensor>();
  if (training) {
    const parameters = sourcesOf([lossSum]).filter((source) => roleOf(source) === "parameter");
    gradients(lossSum, parameters).forEach((gradient, i) =>
      byName.set(sourceName(parameters[i]), gradient)
    );
  }
  const stateUpdates = training ? context.stateUpdates : new Map<string, Tensor>();
  const roots = [...scalars, ...byName.values(), ...stateUpdates.values()];
  return {
    collected,
    metricNames: Object.keys(metrics),
    roots: [...new Set(roots)],
    scalars,
    gradients: byName,
    stateUpdates,
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
