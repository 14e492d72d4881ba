/**
 * A compiled program: pipelines, bind groups and shared buffers for a set of results, recorded once
 * and replayed with one encoder per run.
 */
import type { Tensor } from "../graph/contract.ts";
import { type Device } from "../device/device.ts";
import type { Scratch } from "../graph/lowering.ts";
import { foldedWidth, type GeneratedKernel, type Target } from "./codegen.ts";
import { planProgram, type ProgramStatistics } from "./plan.ts";

/** Part of a buffer. */
export interface BufferRange {
  readonly buffer: GPUBuffer;
  /** Multiple of 256. */
  readonly offset: number;
  readonly bytes: number;
}

/** What a program is compiled from. */
export interface ProgramSpec {
  readonly label: string;
  /** Results that must be in memory after a run. */
  readonly roots: readonly Tensor[];
  /**
   * Memory of sources (required) and of results that must be written to a given place. Each given
   * place belongs to one result.
   */
  readonly place: (tensor: Tensor) => BufferRange | undefined;
  /** Step information buffer (seed low, seed high, step, 0) for programs that use random numbers. */
  readonly stepInfo?: GPUBuffer;
  /** Fill intermediates with NaN before the first run, to expose reads of unwritten memory. */
  readonly poison?: boolean;
}

interface Launch {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly x: number;
  readonly y: number;
}

/** A program ready to run. Create with {@link compile}. */
export class Program {
  constructor(
    readonly label: string,
    private readonly device: Device,
    private readonly launches: readonly Launch[],
    private readonly owned: readonly GPUBuffer[],
    private readonly ranges: ReadonlyMap<Tensor, BufferRange>,
    readonly statistics: ProgramStatistics,
    /** Generated shaders in launch order, for inspection. */
    readonly kernels: readonly GeneratedKernel[],
  ) {}

  /** Adds all launches to a compute pass. */
  encode(pass: GPUComputePassEncoder): void {
    let current: GPUComputePipeline | undefined;
    for (const { pipeline, bindGroup, x, y } of this.launches) {
      if (pipeline !== current) pass.setPipeline(pipeline);
      current = pipeline;
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(x, y);
    }
  }

  /** Runs the program once, without waiting. */
  run(): void {
    const encoder = this.device.gpu.createCommandEncoder({ label: this.label });
    const pass = encoder.beginComputePass({ label: this.label });
    this.encode(pass);
    pass.end();
    this.device.gpu.queue.submit([encoder.finish()]);
  }

  /** Memory of a result or source. @throws {RangeError} when the tensor is not stored. */
  range(tensor: Tensor): BufferRange {
    const range = this.ranges.get(tensor);
    if (!range) throw new RangeError(`${tensor.node.label} is not stored by ${this.label}`);
    return range;
  }

  /** Reads a result back. */
  async read(tensor: Tensor): Promise<Float32Array | Int32Array | Uint32Array> {
    const { buffer, offset } = this.range(tensor);
    const bytes = await this.device.read(buffer, offset, Math.max(4, 4 * tensor.size));
    const view = tensor.dtype === "f32"
      ? new Float32Array(bytes)
      : tensor.dtype === "i32"
      ? new Int32Array(bytes)
      : new Uint32Array(bytes);
    return view.subarray(0, tensor.size);
  }

  /** Milliseconds of every launch, measured on the device (one run). */
  async profile(): Promise<{ readonly label: string; readonly milliseconds: number }[]> {
    const { gpu } = this.device;
    const count = 2 * this.launches.length;
    const times: number[] = [];
    for (let start = 0; start < this.launches.length; start += 1024) {
      const part = this.launches.slice(start, start + 1024);
      const querySet = gpu.createQuerySet({ type: "timestamp", count: 2 * part.length });
      const encoder = gpu.createCommandEncoder();
      part.forEach((launch, i) => {
        const pass = encoder.beginComputePass({
          timestampWrites: {
            querySet,
            beginningOfPassWriteIndex: 2 * i,
            endOfPassWriteIndex: 2 * i + 1,
          },
        });
        pass.setPipeline(launch.pipeline);
        pass.setBindGroup(0, launch.bindGroup);
        pass.dispatchWorkgroups(launch.x, launch.y);
        pass.end();
      });
      const buffer = gpu.createBuffer({
        size: 8 * count,
        usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
      });
      encoder.resolveQuerySet(querySet, 0, 2 * part.length, buffer, 0);
      gpu.queue.submit([encoder.finish()]);
      const stamps = new BigUint64Array(await this.device.read(buffer, 0, 16 * part.length));
      part.forEach((_, i) => times.push(Number(stamps[2 * i + 1] - stamps[2 * i]) / 1e6));
      buffer.destroy();
      querySet.destroy();
    }
    return this.launches.map(({ label }, i) => ({ label, milliseconds: times[i] }));
  }

  /** Releases the buffers of the program. */
  destroy(): void {
    for (const buffer of this.owned) this.device.destroyBuffer(buffer);
  }
}

/** What code generation and memory planning must know about a device. */
export function targetOf(device: Device): Target {
  return {
    adapterClass: device.adapterClass,
    subgroupSize: device.subgroupSize,
    subgroups: device.hasSubgroups,
    workgroupMemory: device.limits.maxComputeWorkgroupStorageSize,
    maxGroupsPerDimension: device.limits.maxComputeWorkgroupsPerDimension,
  };
}

/**
 * Compiles a program: fusion, code generation, memory plan, pipelines, bind groups.
 *
 * @throws {UserError} when a buffer would exceed the limits of the device; nothing is allocated then.
 */
export function compile(device: Device, spec: ProgramSpec): Program {
  const ranges = new Map<Tensor, BufferRange>();
  const plan = planProgram(spec.roots, targetOf(device), (tensor) => {
    const range = spec.place(tensor);
    if (range) ranges.set(tensor, range);
    return range !== undefined;
  });
  const { kernels, memory, values } = plan;
  memory.slotBytes.forEach((bytes, k) => {
    const tenant = values.find((_, i) => memory.slot[i] === k);
    device.checkBindable(tenant?.label ?? spec.label, bytes);
  });
  const slots = memory.slotBytes.map((bytes, k) => {
    const labels = values.filter((_, i) => memory.slot[i] === k).map((value) => value.label);
    return device.createBuffer(labels.slice(0, 3).join(" | "), bytes);
  });
  const scratchRanges = new Map<Scratch, BufferRange>();
  values.forEach(({ of, bytes }, i) => {
    const range = { buffer: slots[memory.slot[i]], offset: 0, bytes };
    if (of.kind === "tensor") ranges.set(of.tensor, range);
    else scratchRanges.set(of.scratch, range);
  });
  if (spec.poison) {
    for (const slot of slots) {
      device.upload(slot, new Uint32Array(slot.size / 4).fill(0x7fc0beef));
    }
  }
  const launches = kernels.map((kernel): Launch => {
    const pipeline = device.pipeline(
      kernel.label,
      kernel.code,
      kernel.bindings.map(({ writes }) => (writes ? "storage" : "read-only-storage")),
    );
    const entries = kernel.bindings.map(({ to }, binding) => {
      const range = to.kind === "tensor"
        ? ranges.get(to.tensor)
        : to.kind === "scratch"
        ? scratchRanges.get(to.scratch)
        : spec.stepInfo && { buffer: spec.stepInfo, offset: 0, bytes: 16 };
      if (!range) throw new Error(`${kernel.label}: binding ${binding} has no memory`);
      const size = Math.max(4, range.bytes);
      return { binding, resource: { buffer: range.buffer, offset: range.offset, size } };
    });
    const bindGroup = device.gpu.createBindGroup({
      label: kernel.label,
      layout: pipeline.getBindGroupLayout(0),
      entries,
    });
    const limit = device.limits.maxComputeWorkgroupsPerDimension;
    const x = kernel.groups > limit ? foldedWidth(kernel.groups, limit) : kernel.groups;
    return { label: kernel.label, pipeline, bindGroup, x, y: Math.ceil(kernel.groups / x) };
  });
  return new Program(spec.label, device, launches, slots, ranges, plan.statistics, kernels);
}
