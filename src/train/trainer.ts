/**
 * Training and evaluation of one model on the device: compiled programs for both, parameters,
 * optimiser state, and metrics that stay on the device until they are asked for.
 */
import { freshGraph } from "../graph/build.ts";
import type { Tensor } from "../graph/contract.ts";
import { constantValues, roleOf, sourceName } from "../../kernels/source/mod.ts";
import type { Device } from "../device/device.ts";
import { type BufferRange, compile, type Program } from "../compiler/program.ts";
import type { ModelParameters } from "../nn/context.ts";
import { AdamOptimizer, type AdamSettings, type ParameterScale } from "./optimizer.ts";
import { ParameterStore } from "./parameter_store.ts";
import { assignPlaces, buildTrainingGraph, type ModelFunction } from "./training_graph.ts";

/** Values of the batch inputs by name. */
export type BatchFeeds = ReadonlyMap<string, Float32Array | Int32Array>;

/** What a trainer is made from. */
export interface TrainerOptions {
  readonly model: ModelFunction;
  readonly optimizer: AdamSettings;
  /** Micro-batches per update. */
  readonly accumulation: number;
  readonly seed: number;
  readonly parameterScale?: (name: string) => ParameterScale;
  /** Updates whose metrics the device keeps until they are read. */
  readonly metricCapacity?: number;
}

/** Metrics of one update or of one evaluation batch, summed over the batch. */
export interface StepMetrics {
  readonly lossSum: number;
  /** Global norm of the mean gradient before clipping; 0 in evaluation. */
  readonly gradientNorm: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Parameters, moments and model state by name. */
export interface TrainerState {
  readonly parameters: Map<string, Float32Array>;
  readonly first: Map<string, Float32Array>;
  readonly second: Map<string, Float32Array>;
  readonly states: Map<string, Float32Array>;
}

/** See the module comment. */
export class Trainer {
  /** Sizes and initial values of the model. */
  readonly model: ModelParameters;
  readonly program: Program;
  readonly evaluation: Program;
  readonly store: ParameterStore;
  readonly #optimizer: AdamOptimizer;
  readonly #states = new Map<string, GPUBuffer>();
  readonly #inputs = new Map<string, GPUBuffer>();
  readonly #constants = new Map<string, GPUBuffer>();
  readonly #stepInfo: GPUBuffer;
  readonly #ring: GPUBuffer;
  readonly #capacity: number;
  readonly #metricNames: readonly string[];
  readonly #copies: readonly { readonly tensor: Tensor; readonly range: BufferRange }[];
  readonly #stateCopies: readonly { readonly tensor: Tensor; readonly to: GPUBuffer }[];
  readonly #evaluationScalars: readonly Tensor[];
  #pending = 0;
  /**
   * Time inside queue submission. Software drivers do the work of the device there, so it does not
   * count as host time.
   */
  submitMilliseconds = 0;

  constructor(private readonly device: Device, private readonly options: TrainerOptions) {
    const built = freshGraph(() => buildTrainingGraph(options.model, true));
    const evaluated = freshGraph(() => buildTrainingGraph(options.model, false));
    this.model = built.collected;
    this.#metricNames = built.metricNames;
    this.#capacity = options.metricCapacity ?? 256;
    const width = built.scalars.length + 1;
    this.store = new ParameterStore(device, this.model.parameters, built.scalars.length);
    this.#optimizer = new AdamOptimizer(
      device,
      this.store,
      options.optimizer,
      options.accumulation > 1,
      (name) =>
        built.gradients.has(name)
          ? options.parameterScale?.(name) ?? { learningRate: 1, weightDecay: 1 }
          : { learningRate: 0, weightDecay: 0 },
    );
    this.#stepInfo = device.createBuffer("step information", 16);
    this.#ring = device.createBuffer("metric ring", 4 * width * this.#capacity);
    for (const { name, shape } of this.model.states) {
      const bytes = 4 * shape.reduce((a, b) => a * b, 1);
      this.#states.set(name, device.createBuffer(name, bytes));
    }
    const wanted = [
      ...[...built.gradients].map(([name, tensor]) => ({
        tensor,
        range: this.store.gradientRange(name),
      })),
      ...built.scalars.map((tensor, i) => ({ tensor, range: this.store.metricRange(i) })),
    ];
    const { places, copies } = assignPlaces(wanted);
    this.#copies = copies;
    this.program = compile(device, {
      label: "training step",
      roots: built.roots,
      place: (tensor) => places.get(tensor) ?? this.#place(tensor),
      stepInfo: this.#stepInfo,
    });
    this.#stateCopies = [...built.stateUpdates].map(([name, tensor]) => ({
      tensor,
      to: this.#stateBuffer(name),
    }));
    this.#evaluationScalars = evaluated.scalars;
    this.evaluation = compile(device, {
      label: "evaluation",
      roots: evaluated.roots,
      place: (tensor) => this.#place(tensor),
      stepInfo: this.#stepInfo,
    });
  }

  #stateBuffer(name: string): GPUBuffer {
    const buffer = this.#states.get(name);
    if (!buffer) throw new RangeError(`no state is called ${name}`);
    return buffer;
  }

  #place(tensor: Tensor): BufferRange | undefined {
    const role = roleOf(tensor);
    if (role === undefined) return undefined;
    const name = sourceName(tensor);
    const bytes = 4 * tensor.size;
    if (role === "parameter") return this.store.parameterRange(name);
    if (role === "state") return { buffer: this.#stateBuffer(name), offset: 0, bytes };
    const pool = role === "input" ? this.#inputs : this.#constants;
    let buffer = pool.get(name);
    if (!buffer) {
      pool.set(name, buffer = this.device.createBuffer(name, bytes));
      if (role === "constant") this.device.upload(buffer, constantValues(name));
    }
    return { buffer, offset: 0, bytes };
  }

  /** Kernel launches of one update without accumulation. */
  get dispatchesPerUpdate(): number {
    const { dispatches } = this.program.statistics;
    return dispatches * this.options.accumulation + this.#optimizer.dispatches;
  }

  /** Sets parameters to their seeded initial values and clears all other state. */
  initialize(): void {
    const values = this.model.initialize(this.options.seed);
    const zeros = () =>
      new Map(this.model.parameters.map(({ name, shape }) => [
        name,
        new Float32Array(shape.reduce((a, b) => a * b, 1)),
      ]));
    this.restore({
      parameters: new Map(
        this.model.parameters.map(({ name }) => [name, this.#value(values, name)]),
      ),
      first: zeros(),
      second: zeros(),
      states: new Map(this.model.states.map(({ name }) => [name, this.#value(values, name)])),
    });
  }

  #value(values: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
    const value = values.get(name);
    if (!value) throw new RangeError(`no value for ${name}`);
    return value;
  }

  /** Uploads a saved state. @throws {RangeError} when names or sizes do not match the model. */
  restore(state: TrainerState): void {
    this.restoreParameters(state.parameters, state.states);
    this.store.upload(this.#optimizer.first, state.first);
    this.store.upload(this.#optimizer.second, state.second);
  }

  /** Uploads parameters and model state only, for evaluation of a saved model. */
  restoreParameters(
    parameters: ReadonlyMap<string, Float32Array>,
    states: ReadonlyMap<string, Float32Array>,
  ): void {
    this.store.upload(this.store.parameters, parameters);
    for (const [name, buffer] of this.#states) {
      this.device.upload(buffer, Float32Array.from(this.#value(states, name)));
    }
  }

  /** Reads parameters, moments and model state back. */
  async snapshot(): Promise<TrainerState> {
    return {
      parameters: await this.store.download(this.store.parameters),
      first: await this.store.download(this.#optimizer.first),
      second: await this.store.download(this.#optimizer.second),
      states: await this.#downloadStates(),
    };
  }

  async #downloadStates(): Promise<Map<string, Float32Array>> {
    const states = new Map<string, Float32Array>();
    for (const { name, shape } of this.model.states) {
      const bytes = 4 * shape.reduce((a, b) => a * b, 1);
      const data = await this.device.read(this.#stateBuffer(name), 0, bytes);
      states.set(name, new Float32Array(data));
    }
    return states;
  }

  #upload(feeds: BatchFeeds): void {
    for (const [name, buffer] of this.#inputs) {
      const data = feeds.get(name);
      if (!data) throw new RangeError(`no value for input ${name}`);
      this.device.upload(
        buffer,
        data instanceof Float32Array ? Float32Array.from(data) : Int32Array.from(data),
      );
    }
  }

  #setStep(counter: number): void {
    const seed = BigInt(this.options.seed);
    const low = Number(seed & 0xffffffffn);
    const high = Number((seed >> 32n) & 0xffffffffn);
    this.device.upload(this.#stepInfo, Uint32Array.of(low, high, counter >>> 0, 0));
  }

  /** True when the device holds as many unread metrics as it can. */
  get metricsFull(): boolean {
    return this.#pending === this.#capacity;
  }

  /**
   * One update, submitted without waiting.
   *
   * @param update Number of the update, from 1.
   * @param microBatches One feed per micro-batch.
   * @param sampleSize Sentences (or tokens) in all micro-batches together.
   */
  update(
    update: number,
    rate: number,
    microBatches: readonly BatchFeeds[],
    sampleSize: number,
  ): void {
    if (microBatches.length !== this.options.accumulation) {
      throw new RangeError(
        `${microBatches.length} micro-batches, not ${this.options.accumulation}`,
      );
    }
    if (this.metricsFull) throw new RangeError("read the metrics before the next update");
    this.#optimizer.configure(update, rate, sampleSize);
    microBatches.forEach((feeds, i) => {
      this.#upload(feeds);
      this.#setStep((update - 1) * microBatches.length + i);
      const encoder = this.device.gpu.createCommandEncoder({ label: "training step" });
      if (i === 0) this.#optimizer.clearSums(encoder);
      let pass = encoder.beginComputePass({ label: "training step" });
      this.program.encode(pass);
      if (this.#copies.length > 0) {
        pass.end();
        for (const { tensor, range } of this.#copies) {
          const source = this.program.range(tensor);
          encoder.copyBufferToBuffer(
            source.buffer,
            source.offset,
            range.buffer,
            range.offset,
            range.bytes,
          );
        }
        pass = encoder.beginComputePass({ label: "optimiser" });
      }
      this.#optimizer.encodeAccumulate(pass);
      if (i + 1 === microBatches.length) this.#optimizer.encodeUpdate(pass);
      pass.end();
      for (const { tensor, to } of this.#stateCopies) {
        const { buffer, offset, bytes } = this.program.range(tensor);
        encoder.copyBufferToBuffer(buffer, offset, to, 0, bytes);
      }
      if (i + 1 === microBatches.length) {
        const scalars = this.#metricNames.length + 1;
        this.#record(
          encoder,
          Array.from({ length: scalars }, (_, k) => ({
            ...this.store.metricRange(k),
            buffer: this.#optimizer.totals,
          })),
          true,
        );
      }
      this.#submit(encoder);
    });
  }

  #submit(encoder: GPUCommandEncoder): void {
    const commands = encoder.finish();
    const started = performance.now();
    this.device.gpu.queue.submit([commands]);
    this.submitMilliseconds += performance.now() - started;
  }

  #record(encoder: GPUCommandEncoder, scalars: readonly BufferRange[], norm: boolean): void {
    const width = scalars.length + 1;
    const base = 4 * width * this.#pending;
    scalars.forEach(({ buffer, offset }, k) =>
      encoder.copyBufferToBuffer(buffer, offset, this.#ring, base + 4 * k, 4)
    );
    if (norm) {
      encoder.copyBufferToBuffer(this.#optimizer.norm, 0, this.#ring, base + 4 * (width - 1), 4);
    } else encoder.clearBuffer(this.#ring, base + 4 * (width - 1), 4);
    this.#pending++;
  }

  /**
   * Runs every program once on zeros, so that drivers which compile at the first launch do it now.
   * Call {@link initialize} or {@link restore} afterwards.
   */
  warmUp(): void {
    this.program.run();
    this.evaluation.run();
    this.#optimizer.configure(1, 0, 1);
    const encoder = this.device.gpu.createCommandEncoder({ label: "warm-up" });
    const pass = encoder.beginComputePass({ label: "warm-up" });
    this.#optimizer.encodeAccumulate(pass);
    this.#optimizer.encodeUpdate(pass);
    pass.end();
    this.device.gpu.queue.submit([encoder.finish()]);
  }

  /** Evaluates one batch, submitted without waiting. */
  evaluate(feeds: BatchFeeds): void {
    if (this.metricsFull) throw new RangeError("read the metrics before the next evaluation");
    this.#upload(feeds);
    const encoder = this.device.gpu.createCommandEncoder({ label: "evaluation" });
    const pass = encoder.beginComputePass({ label: "evaluation" });
    this.evaluation.encode(pass);
    pass.end();
    this.#record(encoder, this.#evaluationScalars.map((t) => this.evaluation.range(t)), false);
    this.#submit(encoder);
  }

  /** Metrics of all updates or evaluations since the last call, in order; waits for them. */
  async readMetrics(): Promise<StepMetrics[]> {
    if (this.#pending === 0) return [];
    const width = this.#metricNames.length + 2;
    const count = this.#pending;
    const values = new Float32Array(await this.device.read(this.#ring, 0, 4 * width * count));
    this.#pending = 0;
    return Array.from({ length: count }, (_, i) => {
      const row = values.subarray(i * width, (i + 1) * width);
      return {
        lossSum: row[0],
        gradientNorm: row[width - 1],
        metrics: Object.fromEntries(this.#metricNames.map((name, k) => [name, row[k + 1]])),
      };
    });
  }

  /** Bytes of parameters, gradients, moments and model state. */
  get persistentBytes(): number {
    const states = [...this.#states.values()].reduce((total, { size }) => total + size, 0);
    const copies = this.options.accumulation > 1 ? 5 : 4;
    return copies * 4 * this.store.elements + states;
  }

  /** Releases everything. */
  destroy(): void {
    this.program.destroy();
    this.evaluation.destroy();
    this.#optimizer.destroy();
    this.store.destroy();
    const pools = [this.#states, this.#inputs, this.#constants];
    for (const pool of pools) for (const buffer of pool.values()) this.device.destroyBuffer(buffer);
    this.device.destroyBuffer(this.#stepInfo);
    this.device.destroyBuffer(this.#ring);
  }
}
