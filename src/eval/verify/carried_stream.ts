/** Runs a model piece by piece with its carried state on the host, to look at and to check results. */
import { evaluate } from "../../compiler/evaluate.ts";
import type { Device } from "../../device/device.ts";
import { freshGraph } from "../../graph/build.ts";
import { sizeOf, type Tensor } from "../../graph/contract.ts";
import { ModelContext } from "../../nn/context.ts";

/** Values by name: parameters, or inputs of a piece. */
export type Values = ReadonlyMap<string, ArrayLike<number>>;

/** A stream of pieces of one model. */
export class CarriedStream {
  #state = new Map<string, Float32Array>();

  /** @param parameters Of the model, by full name. */
  constructor(private readonly device: Device, private readonly parameters: Values) {}

  /** Carried state after the last piece, by full name. */
  get state(): ReadonlyMap<string, Float32Array> {
    return this.#state;
  }

  /**
   * Runs the next piece in evaluation.
   *
   * @param build Builds what is read back, by name; may differ from piece to piece.
   */
  async run(
    build: (ctx: ModelContext) => Readonly<Record<string, Tensor>>,
    inputs: Values,
  ): Promise<Record<string, Float32Array>> {
    const { outputs, carried, specs } = freshGraph(() => {
      const ctx = new ModelContext({ training: false });
      const outputs = Object.entries(build(ctx));
      return { outputs, carried: [...ctx.carriedUpdates], specs: ctx.carriedSpecs };
    });
    const before = specs.map(({ name, shape }): [string, Float32Array] => [
      name,
      this.#state.get(name) ?? new Float32Array(sizeOf(shape)),
    ]);
    const feeds = new Map([...this.parameters, ...inputs, ...before]);
    const roots = [...outputs, ...carried];
    const values = await evaluate(this.device, roots.map(([, tensor]) => tensor), feeds, {
      label: "piece",
      poison: true,
    });
    const named = roots.map(([name], i): [string, Float32Array] => [
      name,
      Float32Array.from(values[i]),
    ]);
    this.#state = new Map(named.slice(outputs.length));
    return Object.fromEntries(named.slice(0, outputs.length));
  }
}
