/**
 * Kernels of the convolution by its defining sum, for kernels of few taps.
 *
 * An invocation owns eight consecutive times (or taps) of one feature and walks over blocks of eight
 * taps (or times): 23 loads feed 64 multiply-adds.
 */
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import { lanes } from "./columns.ts";
import type { Convolution } from "./convolution.ts";
import { boundedSource, type Columns } from "./fft_lowering.ts";

const block = 8;
const indices = Array.from({ length: block }, (_, i) => i);
const window = Array.from({ length: 2 * block - 1 }, (_, i) => i);

/** One kernel of a convolution: taps j at lags ±(j + offset). */
interface Side {
  /** Input number of the kernel. */
  readonly input: number;
  readonly taps: number;
  readonly offset: number;
  /** True when tap j reads x at t + j + offset instead of t − j − offset. */
  readonly future: boolean;
}

function sidesOf(c: Convolution, adjoint: boolean): Side[] {
  const past = { input: 2, taps: c.taps, offset: 0, future: adjoint };
  const future = { input: 3, taps: c.reverseTaps, offset: c.offset, future: !adjoint };
  return c.reverseTaps > 0 ? [past, future] : [past];
}

/**
 * Loads the window of x that times t … t + 7 and taps j … j + 7 touch; `at(i, q)` names the value
 * for time t + i and tap j + q.
 */
function loadWindow(side: Side, feature: string) {
  const first = side.future ? `t + j + ${side.offset}u` : `t - j - ${side.offset + block - 1}u`;
  return {
    lines: `let first = ${first};\n` +
      window.map((w) => `let x${w} = source0(b, first + ${w}u, ${feature});`).join("\n"),
    at: (i: number, q: number) => `x${side.future ? i + q : i - q + block - 1}`,
  };
}

/** Passes of the convolution and of its gradient with respect to x; inputs as in `fftConv`. */
export function lowerDirect(c: Convolution, columns: Columns, ctx: LowerContext): Pass[] {
  const workgroupSize = lanes(ctx);
  const blocks = Math.ceil(c.length / block);
  const threads = c.batch * blocks * columns.width;
  const sides = sidesOf(c, columns.conjugate);
  const weights = sides.map(({ input, taps }) =>
    `fn weight${input}(row: u32, j: u32) -> f32 {
return select(0.0, in${input}(row, min(j, ${taps - 1}u)), j < ${taps}u);
}`
  );
  const sums = sides.map((side) => {
    const { lines, at } = loadWindow(side, columns.feature);
    return `for (var j = 0u; j < ${side.taps}u; j += ${block}u) {
${lines}
${
      indices.map((q) =>
        `let w${q} = weight${side.input}(${columns.row}, j + ${q}u);\n` +
        indices.map((i) => `y${i} = fma(w${q}, ${at(i, q)}, y${i});`).join("\n")
      ).join("\n")
    }
}`;
  });
  return [{
    name: "direct",
    inputs: [0, ...sides.map(({ input }) => input)],
    outputs: [0],
    workgroupSize,
    groups: Math.ceil(threads / workgroupSize),
    declarations: [boundedSource(c, "0"), ...weights].join("\n"),
    body: `if (thread < ${threads}u) {
let m = thread % ${columns.width}u;
let t = ((thread / ${columns.width}u) % ${blocks}u) * ${block}u;
let b = thread / ${columns.width * blocks}u;
${indices.map((i) => `var y${i} = 0.0;`).join("\n")}
${sums.join("\n")}
${
      indices.map((i) =>
        i === 0
          ? `out0(b, t, m, y0);`
          : `if (t + ${i}u < ${c.length}u) { out0(b, t + ${i}u, m, y${i}); }`
      ).join("\n")
    }
}`,
  }];
}

/** Passes of the kernel gradients: inputs x, table, dy; sums per sequence are added in order. */
export function lowerDirectGradient(c: Convolution, ctx: LowerContext): Pass[] {
  const workgroupSize = lanes(ctx);
  const feature = c.rows === c.features ? "m" : `m % ${c.features}u`;
  return sidesOf(c, false).flatMap((side, output) => {
    const blocks = Math.ceil(side.taps / block);
    const width = blocks * block * c.rows;
    const threads = c.batch * blocks * c.rows;
    const partial = ctx.scratch(c.batch * width);
    const { lines, at } = loadWindow(side, feature);
    const name = side.future ? "future" : "past";
    const partialPass: Pass = {
      name: `${name} taps`,
      inputs: [0, 2],
      outputs: [],
      scratch: [{ scratch: partial, access: "write" }],
      workgroupSize,
      groups: Math.ceil(threads / workgroupSize),
      declarations: `${boundedSource(c, "0")}\n${boundedSource(c, "2")}`,
      body: `if (thread < ${threads}u) {
let m = thread % ${c.rows}u;
let j = ((thread / ${c.rows}u) % ${blocks}u) * ${block}u;
let b = thread / ${c.rows * blocks}u;
${indices.map((q) => `var g${q} = 0.0;`).join("\n")}
for (var t = 0u; t < ${c.length}u; t += ${block}u) {
${lines}
${
        indices.map((i) =>
          `let dy${i} = source2(b, t + ${i}u, m);\n` +
          indices.map((q) => `g${q} = fma(dy${i}, ${at(i, q)}, g${q});`).join("\n")
        ).join("\n")
      }
}
${
        indices.map((q) =>
          `tmp${partial.index}[b * ${width}u + (j + ${q}u) * ${c.rows}u + m] = g${q};`
        ).join("\n")
      }
}`,
    };
    const results = side.taps * c.rows;
    const sumPass: Pass = {
      name: `${name} sum`,
      inputs: [],
      outputs: [output],
      scratch: [{ scratch: partial, access: "read" }],
      workgroupSize,
      groups: Math.ceil(results / workgroupSize),
      body: `if (thread < ${results}u) {
var sum = 0.0;
for (var b = 0u; b < ${c.batch}u; b++) { sum += tmp${partial.index}[b * ${width}u + thread]; }
out${output}(thread % ${c.rows}u, thread / ${c.rows}u, sum);
}`,
    };
    return [partialPass, sumPass];
  });
}
