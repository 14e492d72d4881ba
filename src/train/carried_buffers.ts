/** Memory of carried state, which the programs of a mode share. */
import type { Device } from "../device/device.ts";
import type { Mode } from "./workload.ts";

/** A buffer for every mode (one for `encode` and `step`), name and size, made when first asked for. */
export class CarriedBuffers {
  readonly #buffers = new Map<string, GPUBuffer>();

  constructor(private readonly device: Device) {}

  /** The buffer of a piece of carried state. @throws {UserError} when the device cannot hold it. */
  of(mode: Mode, name: string, bytes: number): GPUBuffer {
    const key = `${mode === "encode" ? "step" : mode} ${name} ${bytes}`;
    const known = this.#buffers.get(key);
    if (known !== undefined) return known;
    const buffer = this.device.createBuffer(name, bytes);
    this.#buffers.set(key, buffer);
    return buffer;
  }

  /** Everything starts from zero. */
  clear(encoder: GPUCommandEncoder): void {
    for (const buffer of this.#buffers.values()) encoder.clearBuffer(buffer);
  }

  /** Releases the buffers. */
  destroy(): void {
    for (const buffer of this.#buffers.values()) this.device.destroyBuffer(buffer);
    this.#buffers.clear();
  }
}
