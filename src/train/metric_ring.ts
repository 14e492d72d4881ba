/** Scalars of the latest steps on the device, so that no step waits for the one before. */
import type { BufferRange } from "../compiler/program.ts";
import type { Device } from "../device/device.ts";

/** Records of equal width in a buffer, until they are read. */
export class MetricRing {
  readonly #buffer: GPUBuffer;
  #pending = 0;

  /**
   * @param width Scalars of a record.
   * @param capacity Records.
   */
  constructor(
    private readonly device: Device,
    readonly width: number,
    readonly capacity: number,
  ) {
    this.#buffer = device.createBuffer("metric ring", 4 * width * capacity);
  }

  /** True when no record fits until they are read. */
  get full(): boolean {
    return this.#pending === this.capacity;
  }

  /** Copies the scalars of a record; 0 where there is no range. */
  record(encoder: GPUCommandEncoder, scalars: readonly (BufferRange | undefined)[]): void {
    const base = 4 * this.width * this.#pending;
    scalars.forEach((range, k) => {
      const at = base + 4 * k;
      if (range === undefined) encoder.clearBuffer(this.#buffer, at, 4);
      else encoder.copyBufferToBuffer(range.buffer, range.offset, this.#buffer, at, 4);
    });
    this.#pending++;
  }

  /** The records [width] since the last call, in order; waits for the device. */
  async read(): Promise<Float32Array[]> {
    const { width } = this;
    const count = this.#pending;
    if (count === 0) return [];
    const values = new Float32Array(await this.device.read(this.#buffer, 0, 4 * width * count));
    this.#pending = 0;
    return Array.from({ length: count }, (_, i) => values.subarray(i * width, (i + 1) * width));
  }

  /** Releases the buffer. */
  destroy(): void {
    this.device.destroyBuffer(this.#buffer);
  }
}
