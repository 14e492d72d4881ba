/** Adam with decoupled weight decay and global-norm clipping on the flat parameter buffers. */
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
import type { FlatBuffers, ParameterStore } from "./parameter_store.ts";

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
  readonly first: FlatBuffers;
  readonly second: FlatBuffers;
  /** One f32: norm of the last scaled gradient, before clipping. */
  readonly norm: GPUBuffer;
  readonly #sums: FlatBuffers | undefined;
  readonly #settings: GPUBuffer;
  readonly #scales: FlatBuffers;
  readonly #partial: GPUBuffer;
  readonly #accumulate: readonly Launch[];
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
    const { layout: { segments } } = store;
    const software = device.adapterClass === "software";
    const lanes = software ? 8 * device.subgroupSize : 256;
    const parts = segments.map(({ elements }) =>
      Math.min(software ? 1024 : 8192, Math.max(1, Math.ceil(elements / 64)))
    );
    // Partial sums of a segment start where a binding may start.
    const starts: number[] = [];
    let partials = 0;
    for (const count of parts) {
      partials = Math.ceil(partials / blockSize) * blockSize;
      starts.push(partials);
      partials += count;
    }
    this.first = store.allocate("first moments");
    this.second = store.allocate("second moments");
    this.norm = device.createBuffer("gradient norm", 4);
    this.#settings = device.createBuffer("optimiser settings", 4 * settingCount);
    this.#partial = device.createBuffer("partial square sums", 4 * partials);
    this.#scales = this.#uploadScales(scale);
    let gradients = store.gradients;
    if (accumulates) {
      this.#sums = gradients = segments.map((segment) =>
        device.createBuffer("gradient sums", 4 * store.gradientElements(segment))
      );
    }
    this.#accumulate = (this.#sums ?? []).map((sums, k) => {
      const elements = store.gradientElements(segments[k]);
      return this.#launch(
        "accumulate gradients",
        accumulate(elements, lanes),
        [store.gradients[k], sums],
        1,
        Math.ceil(elements / lanes),
      );
    });
    this.#update = [
      ...segments.map(({ elements }, k) =>
        this.#launch(
          "square sums",
          squareSums(elements, parts[k], device.subgroupSize, !software),
          [gradients[k], { buffer: this.#partial, offset: 4 * starts[k], size: 4 * parts[k] }],
          1,
          Math.ceil(parts[k] / device.subgroupSize),
        )
      ),
      this.#launch(
        "gradient norm",
        gradientNorm(partials, software ? 1 : 256),
        [this.#partial, this.#settings, this.norm],
        2,
        1,
      ),
      ...segments.map(({ elements }, k) =>
        this.#launch(
          "adamw",
          adamw(elements, lanes),
          [
            gradients[k],
            this.#settings,
            this.norm,
            this.#scales[k],
            store.parameters[k],
            this.first[k],
            this.second[k],
          ],
          4,
          Math.ceil(elements / lanes),
        )
      ),
    ];
  }

  #uploadScales(scale: (name: string) => ParameterScale): FlatBuffers {
    const { segments, slots } = this.store.layout;
    const scales = segments.map(({ elements }) =>
      new Float32Array(2 * Math.ceil(elements / blockSize))
    );
    for (const { name, segment, offset, size } of slots.values()) {
      const { learningRate, weightDecay } = scale(name);
      for (let block = offset / blockSize; block < (offset + size) / blockSize; block++) {
        scales[segment].set([learningRate, weightDecay], 2 * block);
      }
    }
    return scales.map((data) => {
      const buffer = this.device.createBuffer("optimiser scales", data.byteLength);
      this.device.upload(buffer, data);
      return buffer;
    });
  }

  /** Where the gradients and metrics of a whole update are: the sums, or the gradients themselves. */
  get totals(): FlatBuffers {
    return this.#sums ?? this.store.gradients;
  }

  /** Kernel launches of one update. */
  get dispatches(): number {
    return this.#update.length;
  }

  #launch(
    label: string,
    code: string,
    buffers: readonly (GPUBuffer | GPUBufferBinding)[],
    reads: number,
    groups: number,
  ): Launch {
    const kinds = buffers.map((_, k) => (k < reads ? "read-only-storage" : "storage"));
    const pipeline = this.device.pipeline(label, code, kinds);
    const bindGroup = this.device.gpu.createBindGroup({
      label,
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map((buffer, binding) => ({
        binding,
        resource: buffer instanceof GPUBuffer ? { buffer } : buffer,
      })),
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
    for (const sums of this.#sums ?? []) encoder.clearBuffer(sums);
  }

  /** Adds the gradients of a micro-batch to the sums. */
  encodeAccumulate(pass: GPUComputePassEncoder): void {
    this.#encode(pass, this.#accumulate);
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
    const { first, second } = this;
    for (const buffers of [first, second, this.#scales, this.#sums ?? []]) {
      this.store.release(buffers);
    }
    for (const buffer of [this.norm, this.#settings, this.#partial]) {
      this.device.destroyBuffer(buffer);
    }
  }
}
