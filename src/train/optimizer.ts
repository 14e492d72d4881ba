/** Adam with decoupled weight decay and global-norm clipping on the flat parameter buffer. */
import {
  accumulate,
  adamw,
  blockSize,
  gradientNorm,
  setting,
  settingCount,
  squareSums,
} from "../../kernels/optimizer/wgsl.ts";
import type { Device } from "../device/device.ts";
import type { TrainingSettings } from "../models/training_settings.ts";
import type { ParameterStore } from "./parameter_store.ts";

/** Constants of the optimiser; a clip norm of 0 switches clipping off. */
export type AdamSettings = Omit<TrainingSettings["optimizer"], "kind">;

/** Factors on the learning rate and the weight decay of one parameter. */
export interface ParameterScale {
  readonly learningRate: number;
  readonly weightDecay: number;
}

interface Launch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly x: number;
  readonly y: number;
}

/** Optimiser state and its kernels. */
export class AdamOptimizer {
  readonly first: GPUBuffer;
  readonly second: GPUBuffer;
  /** One f32: norm of the last scaled gradient, before clipping. */
  readonly norm: GPUBuffer;
  readonly #sums: GPUBuffer | undefined;
  readonly #settings: GPUBuffer;
  readonly #scales: GPUBuffer;
  readonly #partial: GPUBuffer;
  readonly #accumulate: Launch | undefined;
  readonly #update: readonly Launch[];

  /**
   * @param accumulates Gradients are summed over several micro-batches before an update.
   * @param scale Factors per parameter name; default 1 and 1. A learning-rate factor of 0 freezes it.
   */
  constructor(
    private readonly device: Device,
    private readonly store: ParameterStore,
    private readonly constants: AdamSettings,
    accumulates = false,
    scale: (name: string) => ParameterScale = () => ({ learningRate: 1, weightDecay: 1 }),
  ) {
    const { elements } = store;
    const software = device.adapterClass === "software";
    const lanes = software ? 8 * device.subgroupSize : 256;
    const parts = Math.min(software ? 1024 : 8192, Math.max(1, Math.ceil(elements / 64)));
    this.first = device.createBuffer("first moments", 4 * elements);
    this.second = device.createBuffer("second moments", 4 * elements);
    this.norm = device.createBuffer("gradient norm", 4);
    this.#settings = device.createBuffer("optimiser settings", 4 * settingCount);
    this.#partial = device.createBuffer("partial square sums", 4 * parts);
    this.#scales = device.createBuffer("optimiser scales", 8 * Math.ceil(elements / blockSize));
    const scales = new Float32Array(2 * Math.ceil(elements / blockSize));
    for (const { name, offset, size } of store.slots.values()) {
      const { learningRate, weightDecay } = scale(name);
      for (let block = offset / blockSize; block < (offset + size) / blockSize; block++) {
        scales.set([learningRate, weightDecay], 2 * block);
      }
    }
    device.upload(this.#scales, scales);
    let gradients = store.gradients;
    if (accumulates) {
      this.#sums = gradients = device.createBuffer("gradient sums", 4 * store.gradientElements);
      this.#accumulate = this.#launch(
        "accumulate gradients",
        accumulate(store.gradientElements, lanes),
        [store.gradients, this.#sums],
        1,
        Math.ceil(store.gradientElements / lanes),
      );
    }
    this.#update = [
      this.#launch(
        "square sums",
        squareSums(elements, parts, device.subgroupSize, !software),
        [gradients, this.#partial],
        1,
        Math.ceil(parts / device.subgroupSize),
      ),
      this.#launch(
        "gradient norm",
        gradientNorm(parts, software ? 1 : 256),
        [this.#partial, this.#settings, this.norm],
        2,
        1,
      ),
      this.#launch(
        "adamw",
        adamw(elements, lanes),
        [
          gradients,
          this.#settings,
          this.norm,
          this.#scales,
          store.parameters,
          this.first,
          this.second,
        ],
        4,
        Math.ceil(elements / lanes),
      ),
    ];
  }

  /** Where the gradients and metrics of a whole update are: the sums, or the gradients themselves. */
  get totals(): GPUBuffer {
    return this.#sums ?? this.store.gradients;
  }

  /** Kernel launches of one update. */
  get dispatches(): number {
    return this.#update.length;
  }

  #launch(
    label: string,
    code: string,
    buffers: readonly GPUBuffer[],
    reads: number,
    groups: number,
  ): Launch {
    const kinds = buffers.map((_, k) => (k < reads ? "read-only-storage" : "storage"));
    const pipeline = this.device.pipeline(label, code, kinds);
    const bindGroup = this.device.gpu.createBindGroup({
      label,
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    const limit = this.device.limits.maxComputeWorkgroupsPerDimension;
    const x = Math.min(limit, groups);
    return { pipeline, bindGroup, x, y: Math.ceil(groups / x) };
  }

  #encode(pass: GPUComputePassEncoder, launches: readonly Launch[]): void {
    for (const { pipeline, bindGroup, x, y } of launches) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(x, y);
    }
  }

  /** Clears the sums before the first micro-batch of an update. */
  clearSums(encoder: GPUCommandEncoder): void {
    if (this.#sums) encoder.clearBuffer(this.#sums);
  }

  /** Adds the gradients of a micro-batch to the sums. */
  encodeAccumulate(pass: GPUComputePassEncoder): void {
    if (this.#accumulate) this.#encode(pass, [this.#accumulate]);
  }

  /**
   * Uploads the settings of an update.
   *
   * @param update Number of this update, from 1.
   * @param sampleSize Sentences (or tokens) that the gradients were summed over.
   */
  configure(update: number, learningRate: number, sampleSize: number): void {
    const { beta1, beta2, epsilon, weightDecay, clipNorm } = this.constants;
    const values = new Float32Array(settingCount);
    values[setting.learningRate] = learningRate;
    values[setting.beta1] = beta1;
    values[setting.beta2] = beta2;
    values[setting.epsilon] = epsilon;
    values[setting.weightDecay] = weightDecay;
    values[setting.clipNorm] = clipNorm;
    values[setting.correction] = Math.sqrt(1 - beta2 ** update) / (1 - beta1 ** update);
    values[setting.gradientScale] = 1 / sampleSize;
    this.device.upload(this.#settings, values);
  }

  /** Adds norm, clipping and update to a compute pass. */
  encodeUpdate(pass: GPUComputePassEncoder): void {
    this.#encode(pass, this.#update);
  }

  /** Releases the buffers. */
  destroy(): void {
    const buffers = [this.first, this.second, this.norm, this.#settings, this.#scales];
    for (const buffer of [...buffers, this.#partial]) this.device.destroyBuffer(buffer);
    if (this.#sums) this.device.destroyBuffer(this.#sums);
  }
}
