/**
 * A compiled program: pipelines, bind groups and shared buffers for a set of results, recorded once
 * and replayed with one encoder per run.
 */
import type { Tensor } from "../graph/contract.ts";
import { type Device } from "../device/device.ts";
import { foldedWidth, generate, type GeneratedKernel, type Target } from "./codegen.ts";
import { fuse } from "./fusion.ts";
import { planMemory } from "./memory.ts";

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

/** Facts about a program that are known before it runs and do not depend on the machine. */
export interface ProgramStatistics {
  /** Kernel launches per run. */
  readonly dispatches: number;
  /** Bytes of shared intermediate buffers. */
  readonly peakBytes: number;
  /** Bytes of all intermediates without sharing. */
  readonly totalBytes: number;
  /** Floating-point operations of the kernel operations and elementwise results. */
  readonly flops: number;
  /** Bytes moved by kernels if every operand moves once. */
  readonly bytesMoved: number;
}

/** Most storage buffers of one fused kernel; a constant, so that plans are the same everywhere. */
const fusionBindingLimit = 10;

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

function targetOf(device: Device): Target {
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
  const plan = fuse(spec.roots, fusionBindingLimit);
  const target = targetOf(device);
  const kernels: GeneratedKernel[] = [];
  interface Value {
    readonly label: string;
    readonly bytes: number;
    first: number;
    last: number;
  }
  const tensors = new Map<Tensor, Value>();
  const scratches = new Map<object, Value>();
  const touch = <K>(map: Map<K, Value>, key: K, label: string, bytes: number, at: number) => {
    const known = map.get(key);
    if (known) known.last = at;
    else map.set(key, { label, bytes, first: at, last: at });
  };
  let flops = 0;
  let bytesMoved = 0;
  for (const group of plan.groups) {
    const { kernels: generated } = generate(group, plan.stored, target);
    for (const kernel of generated) {
      for (const { to } of kernel.bindings) {
        if (to.kind === "tensor") {
          touch(tensors, to.tensor, to.tensor.node.label, 4 * to.tensor.size, kernels.length);
        } else if (to.kind === "scratch") {
          const label = `${kernel.label} scratch`;
          touch(scratches, to.scratch, label, 4 * to.scratch.size, kernels.length);
        }
      }
      kernels.push(kernel);
    }
    const nodes = [
      ...(group.anchor ? [group.anchor] : []),
      ...group.results.map((entry) => entry.tensor.node),
    ];
    for (const node of nodes) {
      const cost = node.op.cost(node.inputs, node.outputs, node.attrs);
      flops += cost.flops;
      bytesMoved += cost.bytes;
    }
  }
  const ranges = new Map<Tensor, BufferRange>();
  for (const tensor of [...tensors.keys(), ...spec.roots]) {
    const range = spec.place(tensor);
    if (range) ranges.set(tensor, range);
    else if (tensor.node.op.kind === "source") {
      throw new Error(`${tensor.node.label} ${tensor.node.attrs.name}: no memory was given`);
    }
  }
  for (const root of spec.roots) {
    const value = tensors.get(root);
    if (value) value.last = kernels.length;
  }
  const floating = [...tensors].filter(([tensor]) => !ranges.has(tensor));
  const scratchList = [...scratches];
  const planned = [...floating, ...scratchList].map(([, value]) => value);
  const memory = planMemory(planned);
  memory.slotBytes.forEach((bytes, k) => {
    const tenant = planned.find((_, i) => memory.slot[i] === k);
    device.checkBindable(tenant?.label ?? spec.label, bytes);
  });
  const slots = memory.slotBytes.map((bytes, k) => {
    const labels = planned.filter((_, i) => memory.slot[i] === k).map((value) => value.label);
    return device.createBuffer(labels.slice(0, 3).join(" | "), bytes);
  });
  const slotRange = (i: number): BufferRange => ({
    buffer: slots[memory.slot[i]],
    offset: 0,
    bytes: planned[i].bytes,
  });
  floating.forEach(([tensor], i) => ranges.set(tensor, slotRange(i)));
  const scratchRanges = new Map(
    scratchList.map(([scratch], i) => [scratch, slotRange(floating.length + i)]),
  );
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
  return new Program(spec.label, device, launches, slots, ranges, {
    dispatches: launches.length,
    peakBytes: memory.peakBytes,
    totalBytes: memory.totalBytes,
    flops,
    bytesMoved,
  }, kernels);
}
