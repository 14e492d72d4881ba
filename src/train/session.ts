/**
 * A model on the device: one set of parameters, optimiser state, model state and carried state, and
 * a compiled program for every mode and batch shape that is asked for. Metrics stay on the device
 * until they are read.
 */
import { sizeOf } from "../graph/contract.ts";
import type { Program } from "../compiler/program.ts";
import type { Device } from "../device/device.ts";
import type { ModelParameters } from "../nn/context.ts";
import { MetricRing } from "./metric_ring.ts";
import { modeGraphOf, modeKey, type ModeProgram } from "./mode_program.ts";
import { ModelPrograms, type ProgramBatch } from "./model_programs.ts";
import { AdamOptimizer, type AdamSettings, type ParameterScale } from "./optimizer.ts";
import { ParameterStore } from "./parameter_store.ts";
import type { SessionState, TrainedValues } from "./session_state.ts";
import type { BatchExtents, BlocksOf, DecodeRunner, Mode, ModelFunction } from "./workload.ts";

/** What a session is made from. */
export interface SessionOptions {
  readonly model: ModelFunction;
  /** Extents of the usual batches; other ones are compiled when they come. */
  readonly extents: Readonly<Record<"train" | "evaluate", BatchExtents>>;
  readonly optimizer: AdamSettings;
  /** Most micro-batches of an update; their shapes may differ. */
  readonly accumulation: number;
  readonly seed: number;
  readonly parameterScale?: (name: string) => ParameterScale;
  /** Updates whose metrics the device keeps until they are read. */
  readonly metricCapacity?: number;
  /** Most bytes of one parameter buffer; what the device binds unless a test asks for less. */
  readonly bindableBytes?: number;
}

/** Metrics of one update or of one evaluation batch, summed over the batch. */
export interface StepMetrics {
  readonly lossSum: number;
  /** Global norm of the mean gradient before clipping; 0 in evaluation. */
  readonly gradientNorm: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** See the module comment. */
export class Session implements DecodeRunner {
  /** Sizes and initial values of the model. */
  readonly model: ModelParameters;
  readonly store: ParameterStore;
  readonly #optimizer: AdamOptimizer;
  readonly #programs: ModelPrograms;
  readonly #ring: MetricRing;
  readonly #metricNames: readonly string[];
  readonly #trained: string;
  /** @throws {UserError} when the device cannot hold the model. */
  constructor(private readonly device: Device, private readonly options: SessionOptions) {
    const { model, extents } = options;
    const training = modeGraphOf({ model, mode: "train", extents: extents.train });
    const { collected, gradients, metricNames, scalars } = training;
    this.model = collected;
    this.#metricNames = metricNames;
    this.#trained = [...gradients.keys()].sort().join();
    this.store = new ParameterStore(
      device,
      collected.parameters,
      scalars.length,
      options.bindableBytes,
    );
    this.#optimizer = new AdamOptimizer(
      device,
      this.store,
      options.optimizer,
      options.accumulation > 1,
      (name) =>
        gradients.has(name)
          ? options.parameterScale?.(name) ?? { learningRate: 1, weightDecay: 1 }
          : { learningRate: 0, weightDecay: 0 },
    );
    // A record: loss, metrics, gradient norm.
    this.#ring = new MetricRing(device, metricNames.length + 2, options.metricCapacity ?? 256);
    this.#programs = new ModelPrograms(device, {
      model,
      store: this.store,
      states: collected.states,
      check: (program) => this.#checkGraph(program),
    });
    this.#programs.compiled("train", extents.train, training);
    this.compiled("evaluate", extents.evaluate);
  }

  /** The program of a mode and batch shape, compiled when it is first asked for. */
  compiled(mode: Mode, extents: BatchExtents): ModeProgram {
    return this.#programs.compiled(mode, extents);
  }

  /** All shapes of a mode must train and measure the same things. */
  #checkGraph({ graph, spec }: ModeProgram): void {
    const trained = [...graph.gradients.keys()].sort().join();
    if (spec.mode === "train" && trained !== this.#trained) {
      throw new RangeError(`${modeKey(spec)}: trains other parameters than the first shape`);
    }
    if (graph.scalars.length > 0 && graph.metricNames.join() !== this.#metricNames.join()) {
      throw new RangeError(`${modeKey(spec)}: gives other metrics than the first shape`);
    }
  }

  /** The training program of the usual batches. */
  get program(): Program {
    return this.compiled("train", this.options.extents.train).program;
  }

  /** Number of compiled programs: modes times batch shapes that were used. */
  get programCount(): number {
    return this.#programs.all.length;
  }

  /**
   * Time inside queue submission. Software drivers do the work of the device there, so it does not
   * count as host time.
   */
  get submitMilliseconds(): number {
    return this.#programs.submitMilliseconds;
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
      new Map(
        this.model.parameters.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape))]),
      );
    const named = (specs: readonly { readonly name: string }[]) =>
      new Map(specs.map(({ name }) => [name, valueOf(values, name)]));
    this.restore({
      parameters: named(this.model.parameters),
      first: zeros(),
      second: zeros(),
      states: named(this.model.states),
      carried: new Map(),
    });
  }

  /** Uploads a saved state. @throws {RangeError} when names or sizes do not match the model. */
  restore(state: SessionState): void {
    this.restoreParameters(state.parameters, state.states);
    this.store.upload(this.#optimizer.first, state.first);
    this.store.upload(this.#optimizer.second, state.second);
    this.#programs.uploadCarried(state.carried);
  }

  /** Uploads parameters and model state only, for evaluation of a saved model. */
  restoreParameters(
    parameters: ReadonlyMap<string, Float32Array>,
    states: ReadonlyMap<string, Float32Array>,
  ): void {
    this.store.upload(this.store.parameters, parameters);
    this.#programs.uploadStates(states);
  }

  /** Reads parameters and model state back: all that evaluation needs. */
  async trained(): Promise<TrainedValues> {
    return {
      parameters: await this.store.download(this.store.parameters),
      states: await this.#programs.downloadStates(),
    };
  }

  /** Reads parameters, moments, model state and the carried state of training back. */
  async snapshot(): Promise<SessionState> {
    return {
      parameters: await this.store.download(this.store.parameters),
      first: await this.store.download(this.#optimizer.first),
      second: await this.store.download(this.#optimizer.second),
      states: await this.#programs.downloadStates(),
      carried: await this.#programs.downloadCarried(
        this.compiled("train", this.options.extents.train),
      ),
    };
  }

  /** True when the device holds as many unread metrics as it can. */
  get metricsFull(): boolean {
    return this.#ring.full;
  }

  /**
   * One update, submitted without waiting.
   *
   * @param update Number of the update, from 1.
   * @param microBatches Batches whose gradients are summed; one only without accumulation.
   * @param sampleSize Sentences (or tokens) in all micro-batches together.
   */
  update(
    update: number,
    rate: number,
    microBatches: readonly ProgramBatch[],
    sampleSize: number,
  ): void {
    const { accumulation } = this.options;
    const { length } = microBatches;
    if (length < 1 || length > accumulation) {
      throw new RangeError(`${length} micro-batches, not 1 to ${accumulation}`);
    }
    if (this.metricsFull) throw new RangeError("read the metrics before the next update");
    this.#optimizer.configure(update, rate, sampleSize);
    microBatches.forEach(({ feeds, extents, fresh }, i) => {
      const mode = this.compiled("train", extents);
      mode.upload(feeds);
      this.#programs.setStep(this.options.seed, (update - 1) * accumulation + i);
      const encoder = this.device.gpu.createCommandEncoder({ label: "training step" });
      if (fresh) mode.clearCarried(encoder);
      if (i === 0) this.#optimizer.clearSums(encoder);
      let pass = encoder.beginComputePass({ label: "training step" });
      mode.program.encode(pass);
      if (mode.needsCopies) {
        pass.end();
        mode.copyResults(encoder);
        pass = encoder.beginComputePass({ label: "optimiser" });
      }
      this.#optimizer.encodeAccumulate(pass);
      if (i + 1 === length) this.#optimizer.encodeUpdate(pass);
      pass.end();
      mode.handOver(encoder);
      if (i + 1 === length) {
        const { totals, norm } = this.#optimizer;
        const ranges = Array.from(
          { length: this.#metricNames.length + 1 },
          (_, k) => this.store.metricRange(k, totals),
        );
        this.#ring.record(encoder, [...ranges, { buffer: norm, offset: 0, bytes: 4 }]);
      }
      this.#programs.submit(encoder);
    });
  }

  /**
   * Runs the usual programs once on zeros, so that drivers which compile at the first launch do it
   * now. Call {@link initialize} or {@link restore} afterwards.
   */
  warmUp(): void {
    for (const { program } of this.#programs.all) program.run();
    this.#optimizer.configure(1, 0, 1);
    const encoder = this.device.gpu.createCommandEncoder({ label: "warm-up" });
    const pass = encoder.beginComputePass({ label: "warm-up" });
    this.#optimizer.encodeAccumulate(pass);
    this.#optimizer.encodeUpdate(pass);
    pass.end();
    this.device.gpu.queue.submit([encoder.finish()]);
  }

  /** Evaluates one batch, submitted without waiting; its metrics are read later. */
  evaluate(batch: ProgramBatch): void {
    if (this.metricsFull) throw new RangeError("read the metrics before the next evaluation");
    const mode = this.#programs.step(
      batch,
      "evaluate",
      (encoder, { scalarRanges }) => this.#ring.record(encoder, [...scalarRanges, undefined]),
    );
    if (mode.graph.scalars.length === 0) throw new RangeError("the model gives no loss");
  }

  /** Runs a mode on a batch without waiting; its outputs can be read afterwards. */
  step(batch: ProgramBatch, mode: Mode = "step"): ModeProgram {
    return this.#programs.step(batch, mode);
  }

  move(from: BatchExtents, to: BatchExtents, blocksOf: BlocksOf): void {
    this.#programs.move(from, to, blocksOf);
  }

  /** Metrics of all updates or evaluations since the last call, in order; waits for them. */
  async readMetrics(): Promise<StepMetrics[]> {
    const records = await this.#ring.read();
    return records.map((row) => ({
      lossSum: row[0],
      gradientNorm: row[row.length - 1],
      metrics: Object.fromEntries(this.#metricNames.map((name, k) => [name, row[k + 1]])),
    }));
  }

  /** Bytes of parameters, gradients, moments and model state. */
  get persistentBytes(): number {
    const copies = this.options.accumulation > 1 ? 5 : 4;
    return copies * 4 * this.store.layout.elements + this.#programs.stateBytes;
  }

  /** Releases everything. */
  destroy(): void {
    this.#programs.destroy();
    this.#optimizer.destroy();
    this.store.destroy();
    this.#ring.destroy();
  }
}

function valueOf(values: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const value = values.get(name);
  if (!value) throw new RangeError(`no value for ${name}`);
  return value;
}
