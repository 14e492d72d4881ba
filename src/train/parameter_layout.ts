/** Where parameters lie in flat buffers: computed without a device, so that it can be planned with. */
import { blockSize } from "../../kernels/optimizer/wgsl.ts";
import { UserError } from "../errors.ts";
import { sizeOf } from "../graph/contract.ts";
import { formatBytes } from "../util/format.ts";

/** Name and shape of a parameter. */
export interface ParameterEntry {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Place of a parameter. */
export interface ParameterSlot extends ParameterEntry {
  /** Number of the segment. */
  readonly segment: number;
  /** First element in the segment. */
  readonly offset: number;
  readonly size: number;
}

/** A run of parameters that share a buffer. */
export interface LayoutSegment {
  /** Elements, gaps included. */
  readonly elements: number;
}

/** Places of all parameters, in order; each segment is filled before the next one begins. */
export class ParameterLayout {
  readonly slots: ReadonlyMap<string, ParameterSlot>;
  readonly segments: readonly LayoutSegment[];

  /**
   * @param bindable Most bytes of a segment.
   * @param reserve Elements that must fit behind every segment too.
   * @throws {UserError} when one parameter is larger than a segment may be.
   */
  constructor(entries: readonly ParameterEntry[], bindable: number, reserve = 0) {
    const most = Math.floor(bindable / 4) - reserve;
    const slots = new Map<string, ParameterSlot>();
    const segments = [{ elements: 0 }];
    for (const { name, shape } of entries) {
      const size = sizeOf(shape);
      const room = Math.ceil(size / blockSize) * blockSize;
      if (room > most) {
        throw new UserError(
          `parameter ${name} needs ${formatBytes(4 * size)} but this adapter binds at most ` +
            `${
              formatBytes(bindable)
            }: a smaller vocabulary, adaptive input or a narrower model fits`,
        );
      }
      if (segments[segments.length - 1].elements + room > most) segments.push({ elements: 0 });
      const segment = segments.length - 1;
      slots.set(name, { name, shape, segment, offset: segments[segment].elements, size });
      segments[segment].elements += room;
    }
    this.slots = slots;
    this.segments = segments;
  }

  /** Place of a parameter. @throws {RangeError} when there is none of that name. */
  slot(name: string): ParameterSlot {
    const slot = this.slots.get(name);
    if (!slot) throw new RangeError(`no parameter is called ${name}`);
    return slot;
  }

  /** Elements of all segments. */
  get elements(): number {
    return this.segments.reduce((total, { elements }) => total + elements, 0);
  }
}
