/**
 * Trainable parameters in flat device buffers, each parameter at a multiple of 256 bytes, with
 * gradients and optimiser moments in buffers of the same layout. A model that is larger than what
 * the adapter binds at once spans several segments; no parameter is cut.
 */
import { blockSize } from "../../kernels/optimizer/wgsl.ts";
import type { BufferRange } from "../compiler/program.ts";
import type { Device } from "../device/device.ts";
import { type LayoutSegment, type ParameterEntry, ParameterLayout } from "./parameter_layout.ts";

/** One value per parameter element (parameters, gradients or moments), in a buffer per segment. */
export type FlatBuffers = readonly GPUBuffer[];

/** Flat buffers; `metricCount` scalars follow the last gradients in blocks of their own. */
export class ParameterStore {
  readonly layout: ParameterLayout;
  readonly parameters: FlatBuffers;
  #gradients: FlatBuffers | undefined;

  /**
   * @param bindable Most bytes of one buffer; what the device binds unless a test asks for less.
   * @throws {UserError} before anything is allocated when a parameter does not fit one buffer.
   */
  constructor(
    private readonly device: Device,
    entries: readonly ParameterEntry[],
    private readonly metricCount: number,
    bindable: number = device.bindableBytes,
  ) {
    this.layout = new ParameterLayout(entries, bindable, metricCount * blockSize);
    this.parameters = this.allocate("parameters");
  }

  /** Gradients and metrics; allocated when they are first needed, which inference never does. */
  get gradients(): FlatBuffers {
    return this.#gradients ??= this.layout.segments.map((segment, k) =>
      this.device.createBuffer(this.#label("gradients", k), 4 * this.gradientElements(segment))
    );
  }

  /** Zero-filled buffers of this layout. */
  allocate(label: string): FlatBuffers {
    return this.layout.segments.map(({ elements }, k) =>
      this.device.createBuffer(this.#label(label, k), 4 * elements)
    );
  }

  #label(label: string, segment: number): string {
    return this.layout.segments.length === 1 ? label : `${label} ${segment}`;
  }

  /** Elements of a segment's gradient buffer; that of the last holds the metrics too. */
  gradientElements(segment: LayoutSegment): number {
    const last = segment === this.layout.segments.at(-1);
    return segment.elements + (last ? this.metricCount * blockSize : 0);
  }

  /** Memory of a parameter. @throws {RangeError} when there is none of that name. */
  parameterRange(name: string): BufferRange {
    return this.#range(this.parameters, name);
  }

  /** Memory of the gradient of a parameter. */
  gradientRange(name: string): BufferRange {
    return this.#range(this.gradients, name);
  }

  #range(buffers: FlatBuffers, name: string): BufferRange {
    const { segment, offset, size } = this.layout.slot(name);
    return { buffer: buffers[segment], offset: 4 * offset, bytes: 4 * size };
  }

  /** Memory of scalar metric number `index`, in gradients or in sums of gradients. */
  metricRange(index: number, buffers: FlatBuffers = this.gradients): BufferRange {
    const { segments } = this.layout;
    const last = segments.length - 1;
    const offset = 4 * (segments[last].elements + index * blockSize);
    return { buffer: buffers[last], offset, bytes: 4 };
  }

  /** Uploads values by name into buffers of this layout (parameters or moments). */
  upload(buffers: FlatBuffers, values: ReadonlyMap<string, ArrayLike<number>>): void {
    const flat = this.layout.segments.map(({ elements }) => new Float32Array(elements));
    for (const { name, segment, offset, size } of this.layout.slots.values()) {
      const data = values.get(name);
      if (!data || data.length !== size) {
        throw new RangeError(`${name}: ${data?.length ?? "no"} values for ${size} elements`);
      }
      flat[segment].set(data, offset);
    }
    flat.forEach((data, k) => this.device.upload(buffers[k], data));
  }

  /** Reads buffers of this layout back, by parameter name. */
  async download(buffers: FlatBuffers): Promise<Map<string, Float32Array>> {
    const flat: Float32Array[] = [];
    for (const [k, { elements }] of this.layout.segments.entries()) {
      flat.push(new Float32Array(await this.device.read(buffers[k], 0, 4 * elements)));
    }
    return new Map(
      [...this.layout.slots.values()].map(({ name, segment, offset, size }) => [
        name,
        flat[segment].slice(offset, offset + size),
      ]),
    );
  }

  /** Releases buffers of this layout. */
  release(buffers: FlatBuffers): void {
    for (const buffer of buffers) this.device.destroyBuffer(buffer);
  }

  /** Releases parameters and gradients. */
  destroy(): void {
    this.release(this.parameters);
    this.release(this.#gradients ?? []);
  }
}
