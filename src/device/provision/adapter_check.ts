import { runProgram } from "./program.ts";

/** The answer of an adapter that was asked to compute. */
export interface AdapterAnswer {
  /** What the adapter calls itself; empty where WebGPU does not say. */
  readonly description: string;
  /** PCI vendor number in decimal, as Deno reports it. */
  readonly vendor: string;
}

/** Elements of the check: enough for several workgroups and a remainder. */
const COUNT = 1000;

const WGSL = `
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= ${COUNT}u) { return; }
  var sum = 0.0;
  for (var k = 0u; k <= id.x % 37u; k++) { sum = fma(f32(k), 0.5, sum); }
  out[id.x] = sum + sqrt(f32(id.x * id.x));
}`;

/** What the kernel computes, in closed form; exact in float32. */
function expected(index: number): number {
  const last = index % 37;
  return last * (last + 1) / 4 + index;
}

/**
 * Asks the default adapter to run a small kernel with a loop, a multiply-add and a square root.
 *
 * @returns The adapter's answer, or undefined where no adapter exists.
 * @throws {Error} when the adapter computes wrong numbers or fails.
 */
export async function checkAdapter(): Promise<AdapterAnswer | undefined> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return undefined;
  const device = await adapter.requestDevice();
  const failures: string[] = [];
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    if (event instanceof GPUUncapturedErrorEvent) failures.push(event.error.message);
  });
  const size = COUNT * 4;
  const usage = GPUBufferUsage;
  const buffer = device.createBuffer({ size, usage: usage.STORAGE | usage.COPY_SRC });
  const staging = device.createBuffer({ size, usage: usage.MAP_READ | usage.COPY_DST });
  const pipeline = device.createComputePipeline({
    layout: "auto",
    compute: { module: device.createShaderModule({ code: WGSL }), entryPoint: "main" },
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer } }],
    }),
  );
  pass.dispatchWorkgroups(Math.ceil(COUNT / 64));
  pass.end();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const values = new Float32Array(staging.getMappedRange().slice(0));
  device.destroy();
  if (failures.length > 0) throw new Error(failures[0]);
  const wrong = values.findIndex((value, index) => value !== expected(index));
  if (wrong >= 0) {
    throw new Error(`element ${wrong} is ${values[wrong]}, expected ${expected(wrong)}`);
  }
  return { description: adapter.info.description, vendor: adapter.info.vendor };
}

/**
 * Runs {@link checkAdapter} in a fresh process, because a process sees only the drivers that its
 * environment named when it started.
 *
 * @param environment What to add to the environment.
 * @returns Why the adapter is unusable, or its answer.
 */
export async function checkAdapterIn(
  environment: Readonly<Record<string, string>>,
): Promise<AdapterAnswer | string> {
  const { ok, stdout, complaint } = await runProgram(
    Deno.execPath(),
    ["run", "--no-prompt", "--no-config", "--no-lock", "--no-check", import.meta.url],
    { env: { ...environment, NO_COLOR: "1" } },
  );
  if (!ok) return complaint;
  const answer: unknown = JSON.parse(stdout);
  if (typeof answer !== "object" || answer === null) return "no adapter answers";
  return {
    description: "description" in answer ? String(answer.description) : "",
    vendor: "vendor" in answer ? String(answer.vendor) : "",
  };
}

if (import.meta.main) {
  try {
    console.log(JSON.stringify(await checkAdapter() ?? null));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    Deno.exit(1);
  }
}
