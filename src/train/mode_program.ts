/** A mode of a model, compiled for the extents of a batch, on the memory of a session. */
import { sizeOf, type Tensor } from "../graph/contract.ts";
import { freshGraph } from "../graph/build.ts";
import { constantValues, roleOf, sourceName } from "../../kernels/source/mod.ts";
import { type BufferRange, compile, type Program } from "../compiler/program.ts";
import type { Device } from "../device/device.ts";
import type { ParameterStore } from "./parameter_store.ts";
import { assignPlaces, buildModeGraph, type ModeGraph } from "./mode_graph.ts";
import type { BatchExtents, BatchFeeds, Mode, ModelFunction } from "./workload.ts";

/** Memory that the programs of a session share. */
export interface SharedMemory {
  readonly device: Device;
  readonly store: ParameterStore;
  /** Model state by name. */
  readonly states: ReadonlyMap<string, GPUBuffer>;
  /** Inputs and constants by name and size, made when they are first needed. */
  readonly pool: Map<string, GPUBuffer>;
  readonly stepInfo: GPUBuffer;
}

/** What a mode program is built from. */
export interface ModeSpec {
  readonly model: ModelFunction;
  readonly mode: Mode;
  readonly extents: BatchExtents;
}

interface Copy {
  readonly tensor: Tensor;
  readonly range: BufferRange;
}

/** Identifies a program of a session. */
export function modeKey({ mode, extents }: Pick<ModeSpec, "mode" | "extents">): string {
  const sizes = Object.entries(extents).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${mode} ${sizes.map(([name, size]) => `${name}=${size}`).join(" ")}`;
}

/** The graph of a program, in a node table of its own. */
export function modeGraphOf({ model, extents, mode }: ModeSpec): ModeGraph {
  return freshGraph(() => buildModeGraph(model, extents, mode));
}

/** See the module comment. */
export class ModeProgram {
  readonly program: Program;
  readonly #carried = new Map<string, GPUBuffer>();
  readonly #inputs = new Map<string, GPUBuffer>();
  readonly #copies: readonly Copy[];
  readonly #handovers: readonly Copy[];
  /** What becomes one slot of carried state, and the memory of all of them. */
  readonly #slots: readonly {
    readonly tensor: Tensor;
    readonly buffer: GPUBuffer;
    readonly count: number;
  }[];

  /**
   * @param carriedOf Buffer of a piece of carried state, shared by the programs of one mode.
   * @throws {UserError} when the device cannot hold it.
   * @param graph What it reads and gives, if that has been built already.
   */
  constructor(
    private readonly memory: SharedMemory,
    readonly spec: ModeSpec,
    carriedOf: (name: string, bytes: number) => GPUBuffer,
    readonly graph: ModeGraph = modeGraphOf(spec),
  ) {
    const { device, store } = memory;
    for (const { name, shape } of graph.carried) {
      this.#carried.set(name, carriedOf(name, 4 * sizeOf(shape)));
    }
    const training = spec.mode === "train";
    const { places, copies } = assignPlaces(
      training
        ? [
          ...[...graph.gradients].map(([name, tensor]) => ({
            tensor,
            range: store.gradientRange(name),
          })),
          ...graph.scalars.map((tensor, i) => ({ tensor, range: store.metricRange(i) })),
        ]
        : [],
    );
    this.#copies = copies;
    this.program = compile(device, {
      label: training ? "training step" : spec.mode === "evaluate" ? "evaluation" : spec.mode,
      roots: graph.roots,
      place: (tensor) => places.get(tensor) ?? this.#place(tensor),
      stepInfo: memory.stepInfo,
    });
    this.#slots = [...graph.carriedSlots].map(([name, tensor]) => ({
      tensor,
      buffer: this.#named(this.#carried, name),
      count: graph.carried.find((spec) => spec.name === name)?.shape[0] ?? 0,
    }));
    const whole = (buffer: GPUBuffer, tensor: Tensor) => ({
      buffer,
      offset: 0,
      bytes: 4 * tensor.size,
    });
    this.#handovers = [
      ...[...graph.stateUpdates].map(([name, tensor]) => ({
        tensor,
        range: whole(this.#named(memory.states, name), tensor),
      })),
      ...[...graph.carriedUpdates].map(([name, tensor]) => ({
        tensor,
        range: whole(this.#named(this.#carried, name), tensor),
      })),
    ];
  }

  #named(buffers: ReadonlyMap<string, GPUBuffer>, name: string): GPUBuffer {
    const buffer = buffers.get(name);
    if (!buffer) throw new RangeError(`no state is called ${name}`);
    return buffer;
  }

  #place(tensor: Tensor): BufferRange | undefined {
    const role = roleOf(tensor);
    if (role === undefined) return undefined;
    const name = sourceName(tensor);
    const bytes = 4 * tensor.size;
    if (role === "parameter") return this.memory.store.parameterRange(name);
    const buffer = role === "state"
      ? this.#named(this.memory.states, name)
      : role === "carried"
      ? this.#named(this.#carried, name)
      : this.#pooled(role, name, bytes);
    if (role === "input") this.#inputs.set(name, buffer);
    return { buffer, offset: 0, bytes };
  }

  #pooled(role: "input" | "constant", name: string, bytes: number): GPUBuffer {
    const { pool, device } = this.memory;
    const key = `${role} ${name} ${bytes}`;
    let buffer = pool.get(key);
    if (!buffer) {
      pool.set(key, buffer = device.createBuffer(name, bytes));
      if (role === "constant") device.upload(buffer, constantValues(name));
    }
    return buffer;
  }

  /** Uploads the values of the inputs. @throws {RangeError} when one is missing or of another size. */
  upload(feeds: BatchFeeds): void {
    for (const [name, buffer] of this.#inputs) {
      const data = feeds.get(name);
      if (!data) throw new RangeError(`no value for input ${name}`);
      this.memory.device.upload(
        buffer,
        data instanceof Float32Array ? Float32Array.from(data) : Int32Array.from(data),
      );
    }
  }

  /** Memory of a piece of carried state. @throws {RangeError} for an unknown name. */
  carriedBuffer(name: string): GPUBuffer {
    return this.#named(this.#carried, name);
  }

  /** Carried state starts from zero. */
  clearCarried(encoder: GPUCommandEncoder): void {
    for (const buffer of this.#carried.values()) encoder.clearBuffer(buffer);
  }

  /** Whether results must be copied to their places between the program and what reads them. */
  get needsCopies(): boolean {
    return this.#copies.length > 0;
  }

  /** Copies results that could not be written to their places directly. */
  copyResults(encoder: GPUCommandEncoder): void {
    this.#copy(encoder, this.#copies);
  }

  /**
   * Hands model state and carried state on to the next step.
   *
   * @param slot Where parts of carried state go that are set in place.
   * @throws {RangeError} when it is missing or beyond the state.
   */
  handOver(encoder: GPUCommandEncoder, slot?: number): void {
    this.#copy(encoder, this.#handovers);
    for (const { tensor, buffer: state, count } of this.#slots) {
      if (slot === undefined || slot < 0 || slot >= count) {
        throw new RangeError(`${state.label}: no slot ${slot}`);
      }
      const bytes = 4 * tensor.size;
      const { buffer, offset } = this.program.range(tensor);
      encoder.copyBufferToBuffer(buffer, offset, state, slot * bytes, bytes);
    }
  }

  #copy(encoder: GPUCommandEncoder, copies: readonly Copy[]): void {
    for (const { tensor, range } of copies) {
      const { buffer, offset } = this.program.range(tensor);
      encoder.copyBufferToBuffer(buffer, offset, range.buffer, range.offset, range.bytes);
    }
  }

  /** Places of loss and metrics. */
  get scalarRanges(): BufferRange[] {
    return this.graph.scalars.map((tensor) => this.program.range(tensor));
  }

  /** Reads an output back; waits for the device. @throws {RangeError} for an unknown name. */
  async read(output: string): Promise<Float32Array | Int32Array | Uint32Array> {
    const tensor = this.graph.outputs.get(output);
    if (tensor === undefined) throw new RangeError(`the model has no output ${output}`);
    return await this.program.read(tensor);
  }

  /** Releases the intermediates; the rest belongs to the session. */
  destroy(): void {
    this.program.destroy();
  }
}
