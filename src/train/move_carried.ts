/** Carried state from the programs of one shape to those of another one. */
import { sizeOf } from "../graph/contract.ts";
import type { Device } from "../device/device.ts";
import type { ModeProgram } from "./mode_program.ts";
import type { BlocksOf } from "./workload.ts";

/** Copies the blocks of every piece that both programs carry. */
export function moveCarried(
  device: Device,
  source: ModeProgram,
  target: ModeProgram,
  blocksOf: BlocksOf,
): void {
  const shapes = new Map(target.graph.carried.map(({ name, shape }) => [name, shape]));
  const staging: GPUBuffer[] = [];
  const encoder = device.gpu.createCommandEncoder({ label: "move carried state" });
  for (const { name, shape } of source.graph.carried) {
    const wanted = shapes.get(name);
    if (wanted === undefined) continue;
    const blocks = blocksOf(name, shape, wanted);
    let from = source.carriedBuffer(name);
    const to = target.carriedBuffer(name);
    if (from === to && blocks.length > 0) {
      // Shapes of equal size share their memory, and blocks may overlap.
      const bytes = 4 * sizeOf(shape);
      const copy = device.createBuffer("moved state", bytes);
      encoder.copyBufferToBuffer(from, 0, copy, 0, bytes);
      staging.push(copy);
      from = copy;
    }
    for (const block of blocks) {
      encoder.copyBufferToBuffer(from, 4 * block.from, to, 4 * block.to, 4 * block.length);
    }
  }
  device.gpu.queue.submit([encoder.finish()]);
  for (const buffer of staging) device.destroyBuffer(buffer);
}
