/**
 * Kernels of the real Fourier transform and its adjoint along rows of any length.
 *
 * Lengths whose prime factors are at most 13 go through mixed-radix stages, two rows per complex
 * transform. Other lengths take the defining sum, one thread per result.
 */
import type { LowerContext, Pass, Scratch } from "../../src/graph/lowering.ts";
import type { Complex } from "./butterfly.ts";
import { accesses, type Address, fetch, lanes, perButterfly, piece, store } from "./columns.ts";
import { radices, type Stage, stagesOf } from "./stages.ts";

/** How the bins of a one-sided spectrum count: as they are, or as `irfft` needs them. */
export type BinWeights = "unit" | "hermitian";

/** Rows and length of the real side. */
export interface RealTransform {
  readonly rows: number;
  readonly length: number;
  readonly weights: BinWeights;
}

/** Number of bins of a real transform. */
export function binsOf(length: number): number {
  return Math.floor(length / 2) + 1;
}

/** Declares `single(f)`: is f a bin without a mirror image (0 and the Nyquist frequency)? */
function single(length: number): string {
  const nyquist = length % 2 === 0 ? ` || f == ${length / 2}u` : "";
  return `fn single(f: u32) -> bool { return f == 0u${nyquist}; }`;
}

/** Weight of bin `f`, with the mirrored bins counted `share` times. */
function weight(t: RealTransform, share: number): string {
  const scale = t.weights === "unit" ? 1 : 1 / t.length;
  const mirrored = scale * (t.weights === "unit" ? 1 : 2) * share;
  return `select(${mirrored}f, ${scale}f, single(f))`;
}

function plan(t: RealTransform, ctx: LowerContext, table: number): Stage[] | undefined {
  const factors = radices(t.length, ctx.adapterClass === "software" ? 16 : 8);
  return factors ? stagesOf(t.length, factors, table) : undefined;
}

function workAt(scratch: Scratch, width: number): Address {
  return (position, part) => `tmp${scratch.index}[(${position} * 2u + ${part}u) * ${width}u + m]`;
}

/** Passes of the transform: inputs x [R, l], table; outputs real and imaginary part [R, F]. */
export function lowerReal(t: RealTransform, ctx: LowerContext): Pass[] {
  const stages = plan(t, ctx, 1);
  const bins = binsOf(t.length);
  const workgroupSize = lanes(ctx);
  if (!stages) {
    return [{
      name: "sum",
      inputs: [0, 1],
      outputs: [0, 1],
      workgroupSize,
      groups: Math.ceil(t.rows * bins / workgroupSize),
      declarations: single(t.length),
      body: `if (thread < ${t.rows * bins}u) {
let f = thread % ${bins}u;
let row = thread / ${bins}u;
var re = 0.0;
var im = 0.0;
var turn = 0u;
for (var i = 0u; i < ${t.length}u; i++) {
let x = in0(row, i);
re = fma(x, in1(turn, 0u), re);
im = fma(x, in1(turn, 1u), im);
turn += f;
if (turn >= ${t.length}u) { turn -= ${t.length}u; }
}
let w = ${weight(t, 1)};
out0(row, f, w * re);
out1(row, f, select(w * im, 0.0, single(f)));
}`,
    }];
  }
  const width = Math.ceil(t.rows / 2);
  const scratch = ctx.scratch(2 * t.length * width);
  const at = workAt(scratch, width);
  const odd = t.rows % 2 === 1;
  const pieces = stages.map((stage, p) =>
    piece(`forward${p}`, stage, { inputs: p === 0 ? [0, 1] : [1] }, (e) => {
      const points = stage.load((position) =>
        p > 0 ? fetch(e, at, position) : {
          re: e.bind(`in0(2u * m, ${position})`),
          im: odd
            ? e.bind(
              `select(0.0, in0(min(2u * m + 1u, ${
                t.rows - 1
              }u), ${position}), 2u * m + 1u < ${t.rows}u)`,
            )
            : e.bind(`in0(2u * m + 1u, ${position})`),
        }
      );
      store(e, at, stage, stage.forward(e, points));
    })
  );
  const passes = perButterfly(pieces, 1, width, ctx, {
    locate: "let m = column;",
    scratch: accesses([], [scratch]),
  });
  passes.push({
    name: "separate",
    inputs: [],
    outputs: [0, 1],
    scratch: [{ scratch, access: "read" }],
    workgroupSize,
    groups: Math.ceil(bins * width / workgroupSize),
    declarations: `${single(t.length)}
fn place(f: u32) -> u32 {
var rest = f;
var at = 0u;
${stages.map((s) => `at += (rest % ${s.radix}u) * ${s.stride}u;\nrest /= ${s.radix}u;`).join("\n")}
return at;
}`,
    body: `if (thread < ${bins * width}u) {
let m = thread % ${width}u;
let f = thread / ${width}u;
let here = place(f);
let mirror = place((${t.length}u - f) % ${t.length}u);
let a = ${at("here", 0)};
let b = ${at("here", 1)};
let c = ${at("mirror", 0)};
let d = ${at("mirror", 1)};
let w = 0.5 * ${weight(t, 1)};
out0(2u * m, f, w * (a + c));
out1(2u * m, f, select(w * (b - d), 0.0, single(f)));
${odd ? `if (2u * m + 1u < ${t.rows}u) {` : "{"}
out0(2u * m + 1u, f, w * (b + d));
out1(2u * m + 1u, f, select(w * (c - a), 0.0, single(f)));
}
}`,
  });
  return passes;
}

/** Passes of the adjoint: inputs real part, imaginary part, table; output y [R, l]. */
export function lowerAdjoint(t: RealTransform, ctx: LowerContext): Pass[] {
  const stages = plan(t, ctx, 2);
  const bins = binsOf(t.length);
  const workgroupSize = lanes(ctx);
  if (!stages) {
    return [{
      name: "sum",
      inputs: [0, 1, 2],
      outputs: [0],
      workgroupSize,
      groups: Math.ceil(t.rows * t.length / workgroupSize),
      declarations: single(t.length),
      body: `if (thread < ${t.rows * t.length}u) {
let i = thread % ${t.length}u;
let row = thread / ${t.length}u;
var sum = 0.0;
var turn = 0u;
for (var f = 0u; f < ${bins}u; f++) {
let im = select(in1(row, f), 0.0, single(f));
sum = fma(${weight(t, 1)}, fma(in0(row, f), in2(turn, 0u), im * in2(turn, 1u)), sum);
turn += i;
if (turn >= ${t.length}u) { turn -= ${t.length}u; }
}
out0(row, i, sum);
}`,
    }];
  }
  const width = Math.ceil(t.rows / 2);
  const scratch = ctx.scratch(2 * t.length * width);
  const at = workAt(scratch, width);
  const odd = t.rows % 2 === 1;
  const digits = stages.map((s, p) => {
    const grown = stages.slice(0, p).reduce((product, { radix }) => product * radix, 1);
    return `bin += (rest / ${s.stride}u) * ${grown}u;\nrest %= ${s.stride}u;`;
  });
  const declarations = `${single(t.length)}
fn bin_of(position: u32) -> u32 {
var rest = position;
var bin = 0u;
${digits.join("\n")}
return bin;
}
fn line(row: u32, bin: u32) -> vec2f {
${odd ? `if (row >= ${t.rows}u) { return vec2f(); }` : ""}
let f = min(bin, ${t.length}u - bin);
let im = select(in1(row, f), 0.0, single(f));
return ${weight(t, 0.5)} * vec2f(in0(row, f), select(im, -im, bin != f));
}
fn packed(m: u32, position: u32) -> vec2f {
let bin = bin_of(position);
let a = line(2u * m, bin);
let b = line(2u * m + 1u, bin);
return vec2f(a.x - b.y, a.y + b.x);
}`;
  const pieces = [...stages].reverse().map((stage, i) => {
    const first = i === 0;
    const last = stage.index === 0;
    return piece(
      `inverse${stage.index}`,
      stage,
      { inputs: first ? [0, 1, 2] : [2], outputs: last ? [0] : [] },
      (e) => {
        const points: Complex[] = stage.load((position) => {
          if (!first) return fetch(e, at, position);
          const value = e.bind(`packed(m, ${position})`);
          return { re: `${value}.x`, im: `${value}.y` };
        });
        const values = stage.inverse(e, points);
        if (!last) return store(e, at, stage, values);
        values.forEach((value, k) => {
          e.lines.push(`out0(2u * m, ${stage.at(k)}, ${value.re});`);
          const second = `out0(2u * m + 1u, ${stage.at(k)}, ${value.im});`;
          e.lines.push(odd ? `if (2u * m + 1u < ${t.rows}u) { ${second} }` : second);
        });
      },
    );
  });
  return perButterfly(pieces, 1, width, ctx, {
    locate: "let m = column;",
    scratch: accesses([], [scratch]),
  }).map((pass, i) => i === 0 ? { ...pass, declarations } : pass);
}
