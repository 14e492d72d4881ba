/** Emission of fused element expressions: index arithmetic and WGSL statements with memoisation. */
import { type DType, type Shape, sizeOf } from "./types.ts";

/** Collects WGSL statements and names each distinct expression once. */
export class Block {
  readonly lines: string[] = [];
  readonly #memo = new Map<string, string>();

  /** @param parent Enclosing block whose names are visible here. */
  constructor(private readonly parent?: Block, readonly counter = { next: 0 }) {}

  /** Looks a memo key up, here and outwards. */
  recall(key: string): string | undefined {
    return this.#memo.get(key) ?? this.parent?.recall(key);
  }

  /** Remembers a value under a key in this block. */
  remember(key: string, value: string): void {
    this.#memo.set(key, value);
  }

  /** Binds an expression to a name (once per distinct expression) and returns the name. */
  bind(type: DType | "vec4<u32>", expression: string): string {
    if (/^[A-Za-z_0-9.]+$/.test(expression)) return expression;
    const key = `${type}:${expression}`;
    const known = this.recall(key);
    if (known !== undefined) return known;
    const name = `v${this.counter.next++}`;
    this.lines.push(`let ${name}: ${type} = ${expression};`);
    this.remember(key, name);
    return name;
  }

  /** The block of the whole function body. */
  get outermost(): Block {
    return this.parent?.outermost ?? this;
  }

  /** A value that takes one of several branches; only the taken one is evaluated. */
  branch(
    type: DType,
    cases: readonly { readonly when?: string; readonly value: (block: Block) => string }[],
  ): string {
    const name = `v${this.counter.next++}`;
    this.lines.push(`var ${name}: ${type};`);
    cases.forEach(({ when, value }, i) => {
      const inner = new Block(this, this.counter);
      const result = value(inner);
      const head = i === 0 ? `if (${when ?? "true"}) {` : when ? `else if (${when}) {` : "else {";
      this.lines.push(head, ...inner.lines, `${name} = ${result};`, "}");
    });
    return name;
  }
}

/** Renders an unsigned constant. */
export function u32(value: number): string {
  return `${value}u`;
}

/**
 * A position in a tensor of a known shape, as WGSL u32 expressions. Holds the row-major linear
 * position, the position along each axis, or both, and derives the missing one on demand, so that a
 * reshape costs nothing while only the linear position is used.
 */
export class Index {
  #linear: string | undefined;
  #axes: readonly string[] | undefined;
  #origin: Index | undefined;

  private constructor(
    readonly shape: Shape,
    /** Where derived positions are bound. */
    readonly block: Block,
    linear: string | undefined,
    axes: readonly string[] | undefined,
    origin?: Index,
  ) {
    this.#linear = linear;
    this.#axes = axes;
    this.#origin = origin;
  }

  /** From a row-major linear position. */
  static fromLinear(shape: Shape, block: Block, linear: string): Index {
    return new Index(shape, block, linear, undefined);
  }

  /** From a position along each axis; `linear` may be given too when it is known. */
  static fromAxes(shape: Shape, block: Block, axes: readonly string[], linear?: string): Index {
    return new Index(shape, block, linear, axes);
  }

  /** Row-major linear position. */
  get linear(): string {
    if (this.#linear === undefined) {
      this.#linear = this.block.bind("u32", ravel(this.shape, this.axes));
    }
    return this.#linear;
  }

  /** Position along each axis. */
  get axes(): readonly string[] {
    if (this.#axes === undefined) {
      const { shape, block } = this;
      this.#axes = this.#origin
        ? regroup(this.#origin.shape, this.#origin.axes, shape, block)
        : unravel(shape, this.linear, block);
    }
    return this.#axes;
  }

  /** Text that identifies the position for memoisation. */
  get key(): string {
    return this.#linear ?? this.axes.join();
  }

  /** The same element seen through another shape with the same number of elements. */
  reshaped(shape: Shape): Index {
    const origin = this.#axes === undefined ? this.#origin : this;
    return new Index(shape, this.block, this.#linear, undefined, origin);
  }

  /** An index into another tensor through expressions along its axes. */
  at(shape: Shape, axes: readonly string[]): Index {
    const same = shape.length === this.shape.length &&
      shape.every((extent, k) => extent === this.shape[k] && axes[k] === this.#axes?.[k]);
    return new Index(shape, this.block, same ? this.#linear : undefined, axes);
  }

  /** The same position, with derived expressions bound in another block. */
  within(block: Block): Index {
    return new Index(this.shape, block, this.#linear, this.#axes, this.#origin?.within(block));
  }
}

function ravel(shape: Shape, axes: readonly string[]): string {
  const terms: string[] = [];
  let stride = 1;
  for (let k = shape.length - 1; k >= 0; k--) {
    if (shape[k] !== 1 && axes[k] !== "0u") {
      terms.unshift(stride === 1 ? axes[k] : `${axes[k]} * ${u32(stride)}`);
    }
    stride *= shape[k];
  }
  return terms.length === 0 ? "0u" : terms.join(" + ");
}

function unravel(shape: Shape, linear: string, block: Block): string[] {
  const axes: string[] = new Array(shape.length).fill("0u");
  let stride = sizeOf(shape);
  let rest = linear;
  for (let k = 0; k < shape.length; k++) {
    stride /= shape[k];
    if (shape[k] === 1) continue;
    if (stride === 1) {
      axes[k] = rest;
      break;
    }
    axes[k] = block.bind("u32", `${rest} / ${u32(stride)}`);
    rest = block.bind("u32", `${rest} - ${axes[k]} * ${u32(stride)}`);
  }
  return axes;
}

/** Splits two factorisations of the same element count into smallest groups of equal product. */
export function matchAxes(from: Shape, to: Shape): { from: number[]; to: number[] }[] {
  const groups: { from: number[]; to: number[] }[] = [];
  let i = 0;
  let j = 0;
  while (i < from.length || j < to.length) {
    const group = { from: [] as number[], to: [] as number[] };
    let a = 1;
    let b = 1;
    if (i < from.length) a *= from[group.from[group.from.push(i++) - 1]];
    if (j < to.length) b *= to[group.to[group.to.push(j++) - 1]];
    while (a !== b) {
      if (a < b) a *= from[group.from[group.from.push(i++) - 1]];
      else b *= to[group.to[group.to.push(j++) - 1]];
    }
    groups.push(group);
  }
  return groups;
}

function regroup(
  from: Shape,
  axes: readonly string[],
  to: Shape,
  block: Block,
): string[] {
  const result: string[] = [];
  for (const group of matchAxes(from, to)) {
    if (group.from.length === 1 && group.to.length === 1) {
      result.push(axes[group.from[0]]);
      continue;
    }
    const source = group.from.map((k) => from[k]);
    const linear = block.bind("u32", ravel(source, group.from.map((k) => axes[k])));
    result.push(...unravel(group.to.map((k) => to[k]), linear, block));
  }
  return result;
}
