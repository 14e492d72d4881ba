/**
 * The programs of a model on one set of buffers: parameters, model state, carried state, inputs. A
 * program is compiled when a mode and batch shape is first asked for.
 */
import { sizeOf } from "../graph/contract.ts";
import type { Device } from "../device/device.ts";
import type { StateSpec } from "../nn/context.ts";
import { CarriedBuffers } from "./carried_buffers.ts";
import type { ModeGraph } from "./mode_graph.ts";
import { modeKey, ModeProgram, type SharedMemory } from "./mode_program.ts";
import { moveCarried } from "./move_carried.ts";
import type { ParameterStore } from "./parameter_store.ts";
import type {
  BatchExtents,
  BlocksOf,
  DecodeRunner,
  Mode,
  ModelFunction,
  RunBatch,
} from "./workload.ts";

/** What a program needs of a batch; carried state goes on unless it says otherwise. */
export type ProgramBatch =
  & Pick<RunBatch, "feeds" | "extents">
  & Partial<Pick<RunBatch, "fresh">>
  & { readonly slot?: number };

/** What {@link ModelPrograms} is made from. */
export interface ModelProgramsOptions {
  readonly model: ModelFunction;
  readonly store: ParameterStore;
  readonly states: readonly StateSpec[];
  /** Throws when a program does not fit the others. */
  readonly check?: (program: ModeProgram) => void;
}

/** See the module comment. */
export class ModelPrograms implements DecodeRunner {
  readonly #memory: SharedMemory;
  readonly #states = new Map<string, GPUBuffer>();
  readonly #carried: CarriedBuffers;
  readonly #programs = new Map<string, ModeProgram>();
  /** Milliseconds inside queue submission, where software drivers do the work of the device. */
  submitMilliseconds = 0;

  /** @throws {UserError} when the device cannot hold the states. */
  constructor(private readonly device: Device, private readonly options: ModelProgramsOptions) {
    for (const { name, shape } of options.states) {
      this.#states.set(name, device.createBuffer(name, 4 * sizeOf(shape)));
    }
    this.#carried = new CarriedBuffers(device);
    this.#memory = {
      device,
      store: options.store,
      states: this.#states,
      pool: new Map(),
      stepInfo: device.createBuffer("step information", 16),
    };
  }

  /**
   * The program of a mode and batch shape.
   *
   * @param graph What it computes, if that has been built already.
   * @throws {UserError} when the device cannot hold it.
   */
  compiled(mode: Mode, extents: BatchExtents, graph?: ModeGraph): ModeProgram {
    const spec = { model: this.options.model, mode, extents };
    const key = modeKey(spec);
    const known = this.#programs.get(key);
    if (known !== undefined) return known;
    const carriedOf = (name: string, bytes: number) => this.#carried.of(mode, name, bytes);
    const program = this.device.allOrNothing(() =>
      new ModeProgram(this.#memory, spec, carriedOf, graph)
    );
    this.options.check?.(program);
    this.#programs.set(key, program);
    return program;
  }

  /** Programs so far. */
  get all(): readonly ModeProgram[] {
    return [...this.#programs.values()];
  }

  /** Bytes of model state. */
  get stateBytes(): number {
    return [...this.#states.values()].reduce((total, { size }) => total + size, 0);
  }

  /** Sets what random numbers of the next program depend on. */
  setStep(seed: number, counter: number): void {
    const low = Number(BigInt(seed) & 0xffffffffn);
    const high = Number((BigInt(seed) >> 32n) & 0xffffffffn);
    this.device.upload(this.#memory.stepInfo, Uint32Array.of(low, high, counter >>> 0, 0));
  }

  /** Submits commands. */
  submit(encoder: GPUCommandEncoder): void {
    const commands = encoder.finish();
    const started = performance.now();
    this.device.gpu.queue.submit([commands]);
    this.submitMilliseconds += performance.now() - started;
  }

  /** Runs a mode (default `step`) without waiting. @param finish Adds commands at the end. */
  step(
    { feeds, extents, fresh, slot }: ProgramBatch,
    mode: Mode = "step",
    finish?: (encoder: GPUCommandEncoder, program: ModeProgram) => void,
  ): ModeProgram {
    const compiled = this.compiled(mode, extents);
    const { label } = compiled.program;
    compiled.upload(feeds);
    const encoder = this.device.gpu.createCommandEncoder({ label });
    if (fresh) compiled.clearCarried(encoder);
    const pass = encoder.beginComputePass({ label });
    compiled.program.encode(pass);
    pass.end();
    compiled.handOver(encoder, slot);
    finish?.(encoder, compiled);
    this.submit(encoder);
    return compiled;
  }

  move(from: BatchExtents, to: BatchExtents, blocksOf: BlocksOf): void {
    const [source, target] = [this.compiled("step", from), this.compiled("step", to)];
    moveCarried(this.device, source, target, blocksOf);
  }

  /** Uploads model state. @throws {RangeError} when a value is missing. */
  uploadStates(values: ReadonlyMap<string, Float32Array>): void {
    for (const [name, buffer] of this.#states) {
      const value = values.get(name);
      if (value === undefined) throw new RangeError(`no value for ${name}`);
      this.device.upload(buffer, Float32Array.from(value));
    }
  }

  /** Reads model state back. */
  async downloadStates(): Promise<Map<string, Float32Array>> {
    const states = new Map<string, Float32Array>();
    for (const { name, shape } of this.options.states) {
      const buffer = this.#states.get(name);
      if (buffer === undefined) throw new RangeError(`no state is called ${name}`);
      states.set(name, new Float32Array(await this.device.read(buffer, 0, 4 * sizeOf(shape))));
    }
    return states;
  }

  /** Clears all carried state, then sets that of training. */
  uploadCarried(values: ReadonlyMap<string, Float32Array>): void {
    const encoder = this.device.gpu.createCommandEncoder({ label: "clear carried state" });
    this.#carried.clear(encoder);
    this.device.gpu.queue.submit([encoder.finish()]);
    for (const [name, value] of values) {
      const buffer = this.#carried.of("train", name, value.byteLength);
      this.device.upload(buffer, Float32Array.from(value));
    }
  }

  /** Reads the carried state of a training program back. */
  async downloadCarried({ graph }: ModeProgram): Promise<Map<string, Float32Array>> {
    const carried = new Map<string, Float32Array>();
    for (const { name, shape } of graph.carried) {
      const bytes = 4 * sizeOf(shape);
      const buffer = this.#carried.of("train", name, bytes);
      carried.set(name, new Float32Array(await this.device.read(buffer, 0, bytes)));
    }
    return carried;
  }

  /** Releases everything but the parameters. */
  destroy(): void {
    for (const program of this.#programs.values()) program.destroy();
    for (const buffers of [this.#states, this.#memory.pool]) {
      for (const buffer of buffers.values()) this.device.destroyBuffer(buffer);
    }
    this.device.destroyBuffer(this.#memory.stepInfo);
    this.#carried.destroy();
  }
}
