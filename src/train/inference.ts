/** A trained model on the device without gradients, moments or a training program. */
import { sizeOf } from "../graph/contract.ts";
import type { Device } from "../device/device.ts";
import { UserError } from "../errors.ts";
import { CarriedBuffers } from "./carried_buffers.ts";
import { modeGraphOf, modeKey, ModeProgram, type SharedMemory } from "./mode_program.ts";
import { moveCarried } from "./move_carried.ts";
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
  readonly #memory: SharedMemory;
  readonly #carried: CarriedBuffers;
  readonly #programs = new Map<string, ModeProgram>();

  /** @throws {UserError} when the device cannot hold the model or the values are another model's. */
  constructor(private readonly device: Device, private readonly options: InferenceOptions) {
    const { model, extents, values, where, mode = "step" } = options;
    const { collected } = modeGraphOf({ model, extents, mode });
    for (const { name, shape } of [...collected.parameters, ...collected.states]) {
      const found = values.parameters.get(name) ?? values.states.get(name);
      if (found?.length !== sizeOf(shape)) {
        throw new UserError(`${where}: ${name} does not have the shape [${shape}] of the model`);
      }
    }
    const store = new ParameterStore(device, collected.parameters, 0);
    store.upload(store.parameters, values.parameters);
    const states = new Map<string, GPUBuffer>();
    for (const { name } of collected.states) {
      const data = Float32Array.from(values.states.get(name) ?? []);
      const buffer = device.createBuffer(name, data.byteLength);
      device.upload(buffer, data);
      states.set(name, buffer);
    }
    this.#carried = new CarriedBuffers(device);
    this.#memory = {
      device,
      store,
      states,
      pool: new Map(),
      stepInfo: device.createBuffer("step information", 16),
    };
  }

  #compiled(mode: Mode, extents: BatchExtents): ModeProgram {
    const spec = { model: this.options.model, mode, extents };
    const key = modeKey(spec);
    let program = this.#programs.get(key);
    if (program === undefined) {
      program = new ModeProgram(
        this.#memory,
        spec,
        (name, bytes) => this.#carried.of(spec.mode, name, bytes),
      );
      this.#programs.set(key, program);
    }
    return program;
  }

  move(from: BatchExtents, to: BatchExtents, blocksOf: BlocksOf): void {
    const [source, target] = [this.#compiled("step", from), this.#compiled("step", to)];
    moveCarried(this.device, source, target, blocksOf);
  }

  step(
    { feeds, extents, fresh, slot }: Parameters<DecodeRunner["step"]>[0],
    mode: Mode = "step",
  ): ModeProgram {
    const compiled = this.#compiled(mode, extents);
    compiled.upload(feeds);
    const encoder = this.device.gpu.createCommandEncoder({ label: "inference" });
    if (fresh) compiled.clearCarried(encoder);
    const pass = encoder.beginComputePass({ label: "inference" });
    compiled.program.encode(pass);
    pass.end();
    compiled.handOver(encoder, slot);
    this.device.gpu.queue.submit([encoder.finish()]);
    return compiled;
  }

  /** Releases everything. */
  [Symbol.dispose](): void {
    for (const program of this.#programs.values()) program.destroy();
    const { store, states, pool, stepInfo } = this.#memory;
    store.destroy();
    for (const buffers of [states, pool]) {
      for (const buffer of buffers.values()) this.device.destroyBuffer(buffer);
    }
    this.#carried.destroy();
    this.device.destroyBuffer(stepInfo);
  }
}
