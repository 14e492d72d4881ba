/** The optimiser as a row of the kernel suite: norm, clipping and one AdamW update. */
import type { Device } from "../src/device/device.ts";
import { benchmark, type MachineRates, ratesOf } from "../src/eval/micro_benchmark.ts";
import type { KernelRow } from "../src/results/schema_kernel.ts";
import { AdamOptimizer, type AdamSettings } from "../src/train/optimizer.ts";
import { ParameterStore } from "../src/train/parameter_store.ts";
import { operandValues, requireClose } from "./kernel_check.ts";

const elements = 2 ** 20;
const learningRate = 0.01;
const settings: AdamSettings = {
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clipNorm: 1,
};

/** Parameters after the first update, in float64. */
function firstUpdate(parameters: Float32Array, gradients: Float32Array): Float64Array {
  const { beta1, beta2, epsilon, weightDecay, clipNorm } = settings;
  const norm = Math.sqrt(gradients.reduce((total, g) => total + g * g, 0));
  const clip = Math.min(1, clipNorm / (norm + 1e-6));
  const step = learningRate * Math.sqrt(1 - beta2) / (1 - beta1);
  return Float64Array.from(parameters, (theta, i) => {
    const g = gradients[i] * clip;
    const moved = theta * (1 - learningRate * weightDecay);
    return moved - step * (1 - beta1) * g / (Math.sqrt((1 - beta2) * g * g) + epsilon);
  });
}

/** Checks the first update and times further ones. @throws {WrongResultError} */
export async function optimiserRow(device: Device, machine: MachineRates): Promise<KernelRow> {
  const store = new ParameterStore(device, [{ name: "flat", shape: [elements] }], 0);
  const optimiser = new AdamOptimizer(device, store, settings);
  const parameters = operandValues({ shape: [elements] }, 1);
  const gradients = operandValues({ shape: [elements] }, 2);
  try {
    device.upload(store.parameters[0], parameters);
    device.upload(store.gradients[0], gradients);
    optimiser.configure(1, learningRate, 1);
    const encoder = device.gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    optimiser.encodeUpdate(pass);
    pass.end();
    device.gpu.queue.submit([encoder.finish()]);
    const updated = new Float32Array(await device.read(store.parameters[0], 0, 4 * elements));
    const indices = Array.from({ length: elements / 64 }, (_, i) => 64 * i + i % 64);
    const expected = firstUpdate(parameters, gradients);
    requireClose("optimiser", updated, indices, indices.map((i) => expected[i]));
    const timing = await benchmark(device, (pass) => optimiser.encodeUpdate(pass));
    // The norm reads the gradients once more; parameters and moments are read and written.
    const work = { flops: 20 * elements, bytes: 4 * 8 * elements };
    return {
      kernel: "optimiser (AdamW with clipping)",
      shape: { parameters: elements },
      variant: device.adapterClass,
      medianMilliseconds: timing.medianMilliseconds,
      madMilliseconds: timing.madMilliseconds,
      samples: [...timing.samples],
      ...ratesOf(timing.medianMilliseconds, work, machine),
      peers: [],
      warnings: [],
      provenance: "measured",
    };
  } finally {
    optimiser.destroy();
    store.destroy();
  }
}
