/**
 * Trainable parameters in one flat device buffer, each at a multiple of 256 bytes, with gradients
 * and optimiser moments in buffers of the same layout.
 */
import { blockSize } from "../../kernels/optimizer/wgsl.ts";
import type { Device } from "../device/device.ts";
import type { BufferRange } from "../compiler/program.ts";

/** Name and shape of a parameter. */
export interface ParameterEntry {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Where a parameter lies in the flat buffers, in elements. */
export interface ParameterSlot extends ParameterEntry {
  readonly offset: number;
  readonly size: number;
}

/** Flat buffers; `metricCount` scalars follow the gradients in blocks of their own. */
export class ParameterStore {
  readonly slots: ReadonlyMap<string, ParameterSlot>;
  /** Elements of the flat layout, gaps included. */
  readonly elements: number;
  readonly parameters: GPUBuffer;
  readonly gradients: GPUBuffer;

  constructor(
    private readonly device: Device,
    entries: readonly ParameterEntry[],
    private readonly metricCount: number,
  ) {
    const slots = new Map<string, ParameterSlot>();
    let offset = 0;
    for (const { name, shape } of entries) {
      const size = shape.reduce((a, b) => a * b, 1);
      slots.set(name, { name, shape, offset, size });
      offset += Math.ceil(size / blockSize) * blockSize;
    }
    this.slots = slots;
    this.elements = offset;
    this.parameters = device.createBuffer("parameters", 4 * this.elements);
    this.gradients = device.createBuffer("gradients", 4 * this.gradientElements);
  }

  /** Elements of the gradient buffer, metrics included. */
  get gradientElements(): number {
    return this.elements + this.metricCount * blockSize;
  }

  /** Number of trainable scalars. */
  get parameterCount(): number {
    return [...this.slots.values()].reduce((total, { size }) => total + size, 0);
  }

  #slot(name: string): ParameterSlot {
    const slot = this.slots.get(name);
    if (!slot) throw new RangeError(`no parameter is called ${name}`);
    return slot;
  }

  /** Memory of a parameter. */
  parameterRange(name: string): BufferRange {
    const { offset, size } = this.#slot(name);
    return { buffer: this.parameters, offset: 4 * offset, bytes: 4 * size };
  }

  /** Memory of the gradient of a parameter. */
  gradientRange(name: string): BufferRange {
    return { ...this.parameterRange(name), buffer: this.gradients };
  }

  /** Memory of scalar metric number `index`. */
  metricRange(index: number): BufferRange {
    const offset = 4 * (this.elements + index * blockSize);
    return { buffer: this.gradients, offset, bytes: 4 };
  }

  /** Uploads values by name into a buffer of this layout (parameters or moments). */
  upload(buffer: GPUBuffer, values: ReadonlyMap<string, ArrayLike<number>>): void {
    const flat = new Float32Array(this.elements);
    for (const { name, offset, size } of this.slots.values()) {
      const data = values.get(name);
      if (!data || data.length !== size) {
        throw new RangeError(`${name}: ${data?.length ?? "no"} values for ${size} elements`);
      }
      flat.set(data, offset);
    }
    this.device.upload(buffer, flat);
  }

  /** Cuts flat values of this layout by parameter name. */
  unpack(flat: Float32Array): Map<string, Float32Array> {
    return new Map(
      [...this.slots.values()].map(({ name, offset, size }) => [
        name,
        flat.slice(offset, offset + size),
      ]),
    );
  }

  /** Reads a buffer of this layout back, by parameter name. */
  async download(buffer: GPUBuffer): Promise<Map<string, Float32Array>> {
    return this.unpack(new Float32Array(await this.device.read(buffer, 0, 4 * this.elements)));
  }

  /** Releases the buffers. */
  destroy(): void {
    this.device.destroyBuffer(this.parameters);
    this.device.destroyBuffer(this.gradients);
  }
}
