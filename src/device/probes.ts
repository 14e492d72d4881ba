/**
 * Small measurements of what an adapter can do, the denominators for every "share of the machine"
 * in the reports: multiply-add rate, memory bandwidth, latency of a readback.
 */
import type { Device } from "./device.ts";
import { timePass } from "./timing.ts";

/** Independent chains per invocation, enough to hide the latency of a multiply-add. */
const CHAINS = 12;
/** Multiply-adds per chain in one turn of the loop. */
const UNROLL = 4;
/** A measurement should last at least this long to be repeatable. */
const LONG_ENOUGH_SECONDS = 0.02;
const REPEATS = 5;
const MAX_STREAM_BYTES = 128 * 2 ** 20;

/** Width of a workgroup and number of workgroups that fill the adapter. */
function shapeOf(device: Device): { lanes: number; groups: number } {
  return device.adapterInfo.class === "software"
    ? { lanes: Math.max(8, device.subgroupSize), groups: 256 }
    : { lanes: 256, groups: 4096 };
}

/** WGSL of the multiply-add probe; `step` combines a chain `c` with the factors `a` and `b`. */
function fmaSource(lanes: number, step: (c: string) => string): string {
  const chains = Array.from({ length: CHAINS }, (_, index) => `c${index}`);
  const turn = chains.map((c) => `${c} = ${step(c)};`).join(" ");
  return `
@group(0) @binding(0) var<storage, read> factors: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let thread = group.x * ${lanes}u + lane;
  let a = factors[0];
  let b = factors[1];
  let turns = u32(factors[2]);
  ${chains.map((c, index) => `var ${c} = f32(thread + ${index}u);`).join(" ")}
  for (var turn = 0u; turn < turns; turn++) {
    ${Array.from({ length: UNROLL }, () => turn).join("\n    ")}
  }
  out[thread] = ${chains.join(" + ")};
}`;
}

/**
 * Measures the float32 multiply-add rate from registers.
 *
 * @returns Operations per second in units of 1e9, a multiply-add counted as two; the better of the
 * fused and the separate form, best of several runs.
 */
export async function measureFmaRate(device: Device): Promise<number> {
  const { lanes, groups } = shapeOf(device);
  const factors = device.createBuffer("probe factors", 16);
  const out = device.createBuffer("probe output", lanes * groups * 4);
  let best = 0;
  try {
    for (const step of [(c: string) => `fma(${c}, a, b)`, (c: string) => `${c} * a + b`]) {
      const pipeline = device.pipeline("multiply-add probe", fmaSource(lanes, step), [
        "read-only-storage",
        "storage",
      ]);
      const run = async (turns: number) => {
        device.upload(factors, new Float32Array([0.999, 0.001, turns]));
        return await timeDispatch(device, pipeline, [factors, out], groups);
      };
      // Software adapters compile a kernel when it first runs.
      await run(1);
      let turns = 64;
      let seconds = await run(turns);
      while (seconds < LONG_ENOUGH_SECONDS && turns < 2 ** 20) {
        turns *= 2;
        seconds = await run(turns);
      }
      for (let repeat = 1; repeat < REPEATS; repeat++) {
        seconds = Math.min(seconds, await run(turns));
      }
      const operations = 2 * CHAINS * UNROLL * turns * lanes * groups;
      best = Math.max(best, operations / seconds / 1e9);
    }
  } finally {
    device.destroyBuffer(factors);
    device.destroyBuffer(out);
  }
  return best;
}

/** WGSL of the bandwidth probe: each workgroup scales a contiguous run of elements. */
function streamSource(type: "f32" | "vec4f", lanes: number, perLane: number): string {
  return `
@group(0) @binding(0) var<storage, read> source: array<${type}>;
@group(0) @binding(1) var<storage, read_write> target_: array<${type}>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  var index = group.x * ${lanes * perLane}u + lane;
  for (var turn = 0u; turn < ${perLane}u; turn++) {
    target_[index] = source[index] * 0.5;
    index += ${lanes}u;
  }
}`;
}

/**
 * Measures the bandwidth of main memory with a kernel that reads one large array and writes
 * another, both much larger than caches.
 *
 * @returns Bytes read plus bytes written per second in units of 1e9; the better of scalar and
 * four-element accesses, best of several runs.
 */
export async function measureBandwidth(device: Device): Promise<number> {
  const { lanes } = shapeOf(device);
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const limit = Math.min(MAX_STREAM_BYTES, maxStorageBufferBindingSize, maxBufferSize);
  const bytes = 2 ** Math.floor(Math.log2(limit));
  const source = device.createBuffer("probe source", bytes);
  const target = device.createBuffer("probe target", bytes);
  let best = 0;
  try {
    for (const type of ["f32", "vec4f"] as const) {
      const elements = bytes / (type === "f32" ? 4 : 16);
      const perLane = Math.max(16, elements / lanes / 2 ** 14);
      const pipeline = device.pipeline("bandwidth probe", streamSource(type, lanes, perLane), [
        "read-only-storage",
        "storage",
      ]);
      const groups = elements / lanes / perLane;
      for (let repeat = 0; repeat <= REPEATS; repeat++) {
        const seconds = await timeDispatch(device, pipeline, [source, target], groups);
        best = Math.max(best, 2 * bytes / seconds / 1e9);
      }
    }
  } finally {
    device.destroyBuffer(source);
    device.destroyBuffer(target);
  }
  return best;
}

/** Measures how long reading 16 bytes from an idle device takes. @returns Median, milliseconds. */
export async function measureReadbackLatency(device: Device): Promise<number> {
  const buffer = device.createBuffer("probe readback", 16);
  const times: number[] = [];
  try {
    await device.read(buffer);
    for (let repeat = 0; repeat < 2 * REPEATS + 1; repeat++) {
      const start = performance.now();
      await device.read(buffer);
      times.push(performance.now() - start);
    }
  } finally {
    device.destroyBuffer(buffer);
  }
  return times.sort((a, b) => a - b)[REPEATS] ?? NaN;
}

function timeDispatch(
  device: Device,
  pipeline: GPUComputePipeline,
  buffers: readonly GPUBuffer[],
  groups: number,
): Promise<number> {
  const bindGroup = device.gpu.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  return timePass(device, (pass) => {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(groups);
  });
}
