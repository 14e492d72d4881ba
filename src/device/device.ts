/**
 * The GPU device: the only place that touches `navigator.gpu` and knows the quirks of the runtime.
 *
 * Deno reports neither validation errors nor out-of-memory conditions by itself; `Device` collects
 * them and throws at the next synchronisation point, with the label of the object concerned.
 */
import { UserError } from "../errors.ts";
import { formatBytes } from "../util/format.ts";
import type { AdapterClass } from "./adapter_class.ts";

/** Description of the adapter for result files. */
export interface AdapterDescription {
  readonly vendor: string;
  readonly device: string;
  readonly description: string;
  readonly class: AdapterClass;
}

/** Limits that plans are checked against, in bytes or counts. */
export interface DeviceLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly minStorageBufferOffsetAlignment: number;
}

/** The device stopped answering; what was computed before is still on disk. */
export class DeviceLostError extends UserError {
  constructor(reason: string) {
    super(`the GPU device was lost (${reason})`);
    this.name = "DeviceLostError";
  }
}

/** No adapter answers. */
export class NoAdapterError extends UserError {
  constructor() {
    super("no WebGPU adapter answers; run `deno task doctor` to see what is missing");
    this.name = "NoAdapterError";
  }
}

/** A validation or out-of-memory error raised by the device. */
export class DeviceError extends Error {
  constructor(message: string) {
    super(message.replaceAll(/\s+/g, " ").trim());
    this.name = "DeviceError";
  }
}

const vendors: Readonly<Record<string, string>> = {
  "4098": "AMD",
  "4203": "Apple",
  "4318": "NVIDIA",
  "5045": "Arm",
  "6880": "Google",
  "20803": "Qualcomm",
  "32902": "Intel",
  "65541": "Mesa",
};

/** Options of {@link openDevice}. */
export interface OpenOptions {
  /** Use these kernel variants instead of the ones that suit the adapter (tests run both). */
  readonly adapterClass?: AdapterClass;
}

/**
 * Opens the default adapter with all its limits and the features that the engine can use.
 *
 * @throws {NoAdapterError} when no adapter answers.
 */
export async function openDevice(options: OpenOptions = {}): Promise<Device> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new NoAdapterError();
  const source = adapter.limits;
  const limits: DeviceLimits = {
    maxBufferSize: source.maxBufferSize,
    maxStorageBufferBindingSize: source.maxStorageBufferBindingSize,
    maxStorageBuffersPerShaderStage: source.maxStorageBuffersPerShaderStage ?? 8,
    maxComputeWorkgroupsPerDimension: source.maxComputeWorkgroupsPerDimension,
    maxComputeWorkgroupStorageSize: source.maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup: source.maxComputeInvocationsPerWorkgroup,
    minStorageBufferOffsetAlignment: source.minStorageBufferOffsetAlignment,
  };
  const requiredLimits = {
    ...limits,
    maxComputeWorkgroupSizeX: source.maxComputeWorkgroupSizeX,
  };
  const timestamps: GPUFeatureName[] = adapter.features.has("timestamp-query")
    ? ["timestamp-query"]
    : [];
  // Deno grants subgroups although it leaves them out of the adapter's features: only asking tells.
  let gpu: GPUDevice;
  try {
    const requiredFeatures: GPUFeatureName[] = [...timestamps, "subgroups"];
    gpu = await adapter.requestDevice({ label: "mega", requiredFeatures, requiredLimits });
  } catch {
    gpu = await adapter.requestDevice({
      label: "mega",
      requiredFeatures: timestamps,
      requiredLimits,
    });
  }
  const info = adapter.info;
  const software = /llvmpipe|swiftshader|lavapipe|softpipe/i.test(info.description + info.device);
  const description: AdapterDescription = {
    vendor: vendors[info.vendor] ?? info.vendor,
    device: info.device,
    description: info.description,
    class: software ? "software" : "gpu",
  };
  const lanes = info.subgroupMinSize ?? (software ? 8 : 32);
  return new Device(gpu, description, limits, lanes, options.adapterClass ?? description.class);
}

/** An open device. Create with {@link openDevice}; release with {@link Device.destroy}. */
export class Device {
  /** Bytes of those buffers. */
  liveBytes = 0;
  /** Seconds spent creating pipelines. */
  compileSeconds = 0;
  readonly #live = new Set<GPUBuffer>();
  #errors: DeviceError[] = [];
  #lost: string | undefined;
  #destroyed = false;
  #pipelines = new Map<string, GPUComputePipeline>();

  constructor(
    /** The raw WebGPU device. */
    readonly gpu: GPUDevice,
    readonly adapterInfo: AdapterDescription,
    readonly limits: DeviceLimits,
    /** Lanes that execute together. */
    readonly subgroupSize: number,
    /** Which kernel variants are used. */
    readonly adapterClass: AdapterClass,
  ) {
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      if (event instanceof GPUUncapturedErrorEvent) {
        this.#errors.push(new DeviceError(event.error.message));
      }
    });
    gpu.lost.then((info) => {
      if (!this.#destroyed) this.#lost = info.message || info.reason;
    });
  }

  /** Number of buffers that were created and not destroyed, for leak checks. */
  get liveBuffers(): number {
    return this.#live.size;
  }

  /** True when kernels may use subgroup operations. */
  get hasSubgroups(): boolean {
    return this.gpu.features.has("subgroups");
  }

  /** True when kernels can be timed on the device itself. */
  get hasTimestamps(): boolean {
    return this.gpu.features.has("timestamp-query");
  }

  /**
   * Creates a zero-initialised storage buffer of at least `bytes` bytes.
   *
   * @throws {UserError} when the device cannot bind a buffer of that size.
   */
  createBuffer(label: string, bytes: number): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    this.checkBindable(label, size);
    const buffer = this.gpu.createBuffer({
      label,
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    this.#live.add(buffer);
    this.liveBytes += size;
    return buffer;
  }

  /** Most bytes of a buffer that a kernel can use whole. */
  get bindableBytes(): number {
    return Math.min(this.limits.maxStorageBufferBindingSize, this.limits.maxBufferSize);
  }

  /** Throws a one-line error when a tensor of `bytes` bytes cannot be bound, saying what would fit. */
  checkBindable(label: string, bytes: number): void {
    const limit = this.bindableBytes;
    if (bytes <= limit) return;
    const percent = 100 * limit / bytes;
    // Rounded down to what fits, with a digit also where that is less than one per cent.
    const unit = 10 ** Math.min(0, Math.floor(Math.log10(percent)));
    const share = Number((Math.floor(percent / unit) * unit).toPrecision(2));
    throw new UserError(
      `${label} needs ${formatBytes(bytes)} but this adapter binds at most ` +
        `${formatBytes(limit)}: at most about ${share} % of the present batch size would fit`,
    );
  }

  /** Destroys a buffer made by {@link createBuffer}; without effect the second time. */
  destroyBuffer(buffer: GPUBuffer): void {
    if (!this.#live.delete(buffer)) return;
    this.liveBytes -= buffer.size;
    buffer.destroy();
  }

  /** Runs `make`; when it throws, the buffers that it has created until then are destroyed. */
  allOrNothing<T>(make: () => T): T {
    const before = new Set(this.#live);
    try {
      return make();
    } catch (error) {
      for (const buffer of [...this.#live]) if (!before.has(buffer)) this.destroyBuffer(buffer);
      throw error;
    }
  }

  /**
   * Queues a copy of `data` into `buffer`. The copy happens before the next submitted work.
   *
   * @throws {RangeError} when the data does not fit; the runtime would abort the process instead.
   */
  upload(
    buffer: GPUBuffer,
    data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
    byteOffset = 0,
  ): void {
    if (data.length === 0) return;
    if (byteOffset % 4 !== 0 || byteOffset + data.byteLength > buffer.size) {
      throw new RangeError(
        `${buffer.label}: ${data.byteLength} bytes at offset ${byteOffset} do not fit ${buffer.size}`,
      );
    }
    this.gpu.queue.writeBuffer(buffer, byteOffset, data);
  }

  /** Reads bytes back; waits for all submitted work. Costs at least 11 ms in Deno. */
  async read(buffer: GPUBuffer, byteOffset = 0, bytes = buffer.size): Promise<ArrayBuffer> {
    this.check();
    const staging = this.gpu.createBuffer({
      label: `readback of ${buffer.label}`,
      size: bytes,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const encoder = this.gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, byteOffset, staging, 0, bytes);
    this.gpu.queue.submit([encoder.finish()]);
    try {
      await staging.mapAsync(GPUMapMode.READ);
      return staging.getMappedRange().slice(0);
    } finally {
      staging.destroy();
      this.check();
    }
  }

  /** Waits until all submitted work is done. */
  async finish(): Promise<void> {
    await this.gpu.queue.onSubmittedWorkDone();
    this.check();
  }

  /** Compiles a compute shader with an explicit layout, or returns the cached pipeline. */
  pipeline(
    label: string,
    code: string,
    bindings: readonly ("read-only-storage" | "storage")[],
  ): GPUComputePipeline {
    const key = `${bindings.join()}\n${code}`;
    const known = this.#pipelines.get(key);
    if (known !== undefined) return known;
    const start = performance.now();
    const layout = this.gpu.createBindGroupLayout({
      label,
      entries: bindings.map((type, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type },
      })),
    });
    const pipeline = this.gpu.createComputePipeline({
      label,
      layout: this.gpu.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module: this.gpu.createShaderModule({ label, code }), entryPoint: "main" },
    });
    this.compileSeconds += (performance.now() - start) / 1000;
    this.#pipelines.set(key, pipeline);
    return pipeline;
  }

  /** Number of distinct pipelines compiled so far. */
  get pipelineCount(): number {
    return this.#pipelines.size;
  }

  /**
   * Throws what went wrong on the device since the last check.
   *
   * @throws {DeviceLostError} @throws {DeviceError}
   */
  check(): void {
    if (this.#lost !== undefined) throw new DeviceLostError(this.#lost);
    const error = this.#errors.shift();
    if (error === undefined) return;
    this.#errors = [];
    throw error;
  }

  /** Releases the device. */
  destroy(): void {
    this.#destroyed = true;
    this.gpu.destroy();
  }
}
