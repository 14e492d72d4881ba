/** A trained model on the device without gradients, moments or a training program. */
import { sizeOf } from "../graph/contract.ts";
import type { Device } from "../device/device.ts";
import { UserError } from "../errors.ts";
import { modeGraphOf, type ModeProgram } from "./mode_program.ts";
import { ModelPrograms, type ProgramBatch } from "./model_programs.ts";
import { ParameterStore } from "./parameter_store.ts";
import type { TrainedValues } from "./session_state.ts";
import type { BatchExtents, BlocksOf, DecodeRunner, Mode, ModelFunction } from "./workload.ts";

/** Options of {@link Inference}. */
export interface InferenceOptions {
  readonly model: ModelFunction;
  /** Extents that the parameters are collected with. */
  readonly extents: BatchExtents;
  /** Mode that the parameters are collected in; default `step`. */
  readonly mode?: Mode;
  readonly values: TrainedValues;
  /** Where the values come from, for messages. */
  readonly where: string;
}

/** Runs a model in `step` or `encode` mode; a program for every shape, one set of parameters. */
export class Inference implements DecodeRunner, Disposable {
  readonly #store: ParameterStore;
  readonly #programs: ModelPrograms;

  /** @throws {UserError} when the device cannot hold the model or the values are another model's. */
  constructor(device: Device, { model, extents, values, where, mode = "step" }: InferenceOptions) {
    const { collected } = modeGraphOf({ model, extents, mode });
    for (const { name, shape } of [...collected.parameters, ...collected.states]) {
      const found = values.parameters.get(name) ?? values.states.get(name);
      if (found?.length !== sizeOf(shape)) {
        throw new UserError(`${where}: ${name} does not have the shape [${shape}] of the model`);
      }
    }
    this.#store = new ParameterStore(device, collected.parameters, 0);
    this.#store.upload(this.#store.parameters, values.parameters);
    this.#programs = new ModelPrograms(device, {
      model,
      store: this.#store,
      states: collected.states,
    });
    this.#programs.uploadStates(values.states);
  }

  step(batch: ProgramBatch, mode: Mode = "step"): ModeProgram {
    return this.#programs.step(batch, mode);
  }

  move(from: BatchExtents, to: BatchExtents, blocksOf: BlocksOf): void {
    this.#programs.move(from, to, blocksOf);
  }

  /** Releases everything. */
  [Symbol.dispose](): void {
    this.#programs.destroy();
    this.#store.destroy();
  }
}
