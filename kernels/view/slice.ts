/** Contiguous parts along an axis, and their inverse: concatenation and padding. */
import { type InlineOperation, ShapeError, type Tensor } from "../../src/graph/contract.ts";
import { apply, apply1 } from "../../src/graph/build.ts";
import { u32 } from "../../src/graph/inline.ts";
import { requireSameType } from "../../src/graph/types.ts";
import { full, literal } from "../source/generate.ts";
import { numbersAttr } from "./attrs.ts";
import { rowMajor } from "./strided.ts";

function offsets(sizes: readonly number[]): number[] {
  const result: number[] = [];
  sizes.reduce((start, size) => (result.push(start), start + size), 0);
  return result;
}

/** Copies a block of `source` (at `from` along `axis`) to `target` (at `to`), `count` positions. */
function copyBlock(
  source: { shape: readonly number[]; data: Float64Array },
  target: { shape: readonly number[]; data: Float64Array },
  axis: number,
  from: number,
  to: number,
  count: number,
): void {
  const inner = source.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = source.shape.slice(0, axis).reduce((a, b) => a * b, 1);
  for (let o = 0; o < outer; o++) {
    const start = (o * source.shape[axis] + from) * inner;
    target.data.set(
      source.data.subarray(start, start + count * inner),
      (o * target.shape[axis] + to) * inner,
    );
  }
}

const splitOperation: InlineOperation = {
  name: "split",
  kind: "view",
  weight: 0,
  infer: ([source], attrs) => {
    const axis = Number(attrs.axis);
    const sizes = numbersAttr(attrs, "sizes");
    if (sizes.reduce((a, b) => a + b, 0) !== source.shape[axis] || sizes.some((s) => s < 0)) {
      throw new ShapeError("split", `sizes ${sizes} do not fill axis ${axis} of [${source.shape}]`);
    }
    return sizes.map((size) => ({ shape: source.shape.with(axis, size), dtype: source.dtype }));
  },
  emit: (node, output, index, ctx) => {
    const source = node.inputs[0];
    const axis = Number(node.attrs.axis);
    const start = offsets(numbersAttr(node.attrs, "sizes"))[output];
    if (start === 0 && node.outputs[output].shape[axis] === source.shape[axis]) {
      return ctx.load(source, index);
    }
    const moved = start === 0
      ? index.axes[axis]
      : index.block.bind("u32", `${index.axes[axis]} + ${u32(start)}`);
    return ctx.load(source, index.at(source.shape, index.axes.with(axis, moved)));
  },
  restride: (node, output, strided) => {
    const axis = Number(node.attrs.axis);
    const start = offsets(numbersAttr(node.attrs, "sizes"))[output];
    return { ...strided, offset: strided.offset + start * strided.strides[axis] };
  },
  vjp: (node, grads) => {
    if (grads.every((g) => g === undefined)) return [undefined];
    const axis = Number(node.attrs.axis);
    return [concat(node.outputs.map((part, k) => grads[k] ?? full(part.shape, 0)), axis)];
  },
  reference: ([source], attrs) => {
    const axis = Number(attrs.axis);
    const sizes = numbersAttr(attrs, "sizes");
    return sizes.map((size, k) => {
      const shape = source.shape.with(axis, size);
      const part = { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) };
      copyBlock(source, part, axis, offsets(sizes)[k], 0, size);
      return part;
    });
  },
  cost: () => ({ flops: 0, bytes: 0 }),
};

const concatOperation: InlineOperation = {
  name: "concat",
  kind: "view",
  weight: 2,
  infer: (inputs, attrs) => {
    const axis = Number(attrs.axis);
    requireSameType("concat", inputs);
    for (const part of inputs) {
      if (part.shape.with(axis, 0).join() !== inputs[0].shape.with(axis, 0).join()) {
        throw new ShapeError("concat", inputs.map((t) => `[${t.shape}]`).join(" and "));
      }
    }
    const extent = inputs.reduce((total, part) => total + part.shape[axis], 0);
    return [{ shape: inputs[0].shape.with(axis, extent), dtype: inputs[0].dtype }];
  },
  emit: (node, _output, index, ctx) => {
    const axis = Number(node.attrs.axis);
    const starts = offsets(node.inputs.map((part) => part.shape[axis]));
    const at = index.axes;
    return index.block.branch(
      node.outputs[0].dtype,
      node.inputs.map((part, k) => ({
        ...(k + 1 < node.inputs.length ? { when: `${at[axis]} < ${u32(starts[k + 1])}` } : {}),
        value: (block) => {
          const moved = starts[k] === 0
            ? at[axis]
            : block.bind("u32", `${at[axis]} - ${u32(starts[k])}`);
          return ctx.load(part, index.within(block).at(part.shape, at.with(axis, moved)));
        },
      })),
    );
  },
  vjp: (node, [g]) => {
    if (g === undefined) return node.inputs.map(() => undefined);
    const axis = Number(node.attrs.axis);
    return split(g, axis, node.inputs.map((part) => part.shape[axis]));
  },
  reference: (inputs, attrs) => {
    const axis = Number(attrs.axis);
    const extent = inputs.reduce((total, part) => total + part.shape[axis], 0);
    const shape = inputs[0].shape.with(axis, extent);
    const whole = { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) };
    const starts = offsets(inputs.map((part) => part.shape[axis]));
    inputs.forEach((part, k) => copyBlock(part, whole, axis, 0, starts[k], part.shape[axis]));
    return [whole];
  },
  cost: () => ({ flops: 0, bytes: 0 }),
};

const padOperation: InlineOperation = {
  name: "pad",
  kind: "view",
  weight: 2,
  infer: ([source], attrs) => {
    const axis = Number(attrs.axis);
    const value = Number(attrs.value);
    if (
      source.dtype !== "f32" && !(Number.isInteger(value) && (source.dtype === "i32" || value >= 0))
    ) {
      throw new ShapeError("pad", `${value} is no ${source.dtype}, the type of the operand`);
    }
    const extent = source.shape[axis] + Number(attrs.before) + Number(attrs.after);
    return [{ shape: source.shape.with(axis, extent), dtype: source.dtype }];
  },
  emit: (node, _output, index, ctx) => {
    const source = node.inputs[0];
    const axis = Number(node.attrs.axis);
    const before = Number(node.attrs.before);
    const at = index.axes;
    const moved = before === 0 ? at[axis] : index.block.bind("u32", `${at[axis]} - ${u32(before)}`);
    // Positions before the start wrap to large numbers, so one comparison covers both ends.
    return index.block.branch(source.dtype, [
      {
        when: `${moved} < ${u32(source.shape[axis])}`,
        value: (block) =>
          ctx.load(source, index.within(block).at(source.shape, at.with(axis, moved))),
      },
      { value: () => literal(Number(node.attrs.value), source.dtype) },
    ]);
  },
  vjp: (node, [g]) => [
    g &&
    slice(
      g,
      Number(node.attrs.axis),
      Number(node.attrs.before),
      node.inputs[0].shape[Number(node.attrs.axis)],
    ),
  ],
  reference: ([source], attrs) => {
    const axis = Number(attrs.axis);
    const before = Number(attrs.before);
    const shape = source.shape.with(axis, source.shape[axis] + before + Number(attrs.after));
    const size = shape.reduce((a, b) => a * b, 1);
    const whole = { shape, data: new Float64Array(size).fill(Number(attrs.value)) };
    copyBlock(source, whole, axis, 0, before, source.shape[axis]);
    return [whole];
  },
  cost: () => ({ flops: 0, bytes: 0 }),
};

const flipOperation: InlineOperation = {
  name: "flip",
  kind: "view",
  weight: 0,
  infer: ([source]) => [source],
  emit: (node, _output, index, ctx) => {
    const source = node.inputs[0];
    const axis = Number(node.attrs.axis);
    const moved = index.block.bind("u32", `${u32(source.shape[axis] - 1)} - ${index.axes[axis]}`);
    return ctx.load(source, index.at(source.shape, index.axes.with(axis, moved)));
  },
  vjp: (node, [g]) => [g && flip(g, Number(node.attrs.axis))],
  reference: ([source], attrs) => {
    const axis = Number(attrs.axis);
    const stride = rowMajor(source.shape)[axis];
    const extent = source.shape[axis];
    const data = source.data.map((_, i) => {
      const at = Math.floor(i / stride) % extent;
      return source.data[i + (extent - 1 - 2 * at) * stride];
    });
    return [{ shape: source.shape, data }];
  },
  cost: () => ({ flops: 0, bytes: 0 }),
};

/** Cuts `tensor` along `axis` into parts of the given sizes. */
export function split(tensor: Tensor, axis: number, sizes: readonly number[]): Tensor[] {
  return [...apply(splitOperation, [tensor], { axis, sizes: [...sizes] }).outputs];
}

/** The positions `start` … `start + size − 1` along `axis`. */
export function slice(tensor: Tensor, axis: number, start: number, size: number): Tensor {
  const rest = tensor.shape[axis] - start - size;
  if (start === 0 && rest === 0) return tensor;
  return split(tensor, axis, [start, size, rest])[1];
}

/** Joins tensors along `axis`. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  return tensors.length === 1 ? tensors[0] : apply1(concatOperation, tensors, { axis });
}

/** Adds `before` and `after` positions that hold `value`. */
export function pad(
  tensor: Tensor,
  axis: number,
  before: number,
  after: number,
  value = 0,
): Tensor {
  if (before === 0 && after === 0) return tensor;
  return apply1(padOperation, [tensor], { axis, before, after, value });
}

/** Reverses the order along `axis`. */
export function flip(tensor: Tensor, axis: number): Tensor {
  return tensor.shape[axis] === 1 ? tensor : apply1(flipOperation, [tensor], { axis });
}
