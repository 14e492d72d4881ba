/**
 * Kernels of the convolution by Fourier transform.
 *
 * Two sequences of the batch share one complex transform as real and imaginary part: the kernels are
 * real, so filtering does not mix them. First and last stages read x and store y directly, and the
 * stage in the middle transforms, multiplies by the spectrum and transforms back in registers.
 */
import type { LowerContext, Pass, Scratch } from "../../src/graph/lowering.ts";
import { type Complex, type Emitter, real } from "./butterfly.ts";
import {
  accesses,
  type Address,
  bindable,
  fetch,
  perButterfly,
  type Piece,
  piece,
  store,
} from "./columns.ts";
import type { Convolution } from "./convolution.ts";
import { paddedLength, radices, type Stage, stagesOf } from "./stages.ts";

/** Input numbers of the convolution operations. */
const source = 0;
const table = 1;
const kernel = 2;
const reverse = 3;

/** Length of the transform: long enough that no tap that counts wraps around. */
export function transformLength(c: Convolution): number {
  return paddedLength(c.length + Math.max(c.taps, c.reverseTaps + c.offset) - 1);
}

/** Stages for a power of two; software adapters pay most for loads and stores, so few stages. */
export function convolutionStages(n: number, ctx: LowerContext): Stage[] {
  const plan = radices(n, ctx.adapterClass === "software" ? 16 : 8) ?? [n];
  return stagesOf(n, plan, table);
}

/** Which columns a convolution node transforms. */
export interface Columns {
  /** Columns per pair of sequences. */
  readonly width: number;
  /** Feature of the transformed input, from `m`. */
  readonly feature: string;
  /** Row of the kernels, from `m`. */
  readonly row: string;
  /** Multiply by the conjugate spectrum (gradient of x). */
  readonly conjugate: boolean;
}

/** Values of input `input` at the points of the first stage, zero beyond batch and length. */
export function loadPair(
  emitter: Emitter,
  stage: Stage,
  c: Convolution,
  input: string,
  feature: string,
): Complex[] {
  return stage.load((position, k) => {
    const low = k * stage.stride;
    if (low >= c.length) return real("0.0");
    const inside = low + stage.stride <= c.length && c.batch % 2 === 0;
    const read = (b: string) =>
      inside
        ? `in${input}(${b}, ${position}, ${feature})`
        : `source${input}(${b}, ${position}, ${feature})`;
    return {
      re: emitter.bind(read("2u * pair")),
      im: c.batch === 1 ? "0.0" : emitter.bind(read("2u * pair + 1u")),
    };
  });
}

/** Declares the bounded loads that {@link loadPair} uses; branches would cost more than they save. */
export function boundedSource(c: Convolution, input: string): string {
  return `fn source${input}(b: u32, t: u32, f: u32) -> f32 {
let value = in${input}(min(b, ${c.batch - 1}u), min(t, ${c.length - 1}u), f);
return select(0.0, value, b < ${c.batch}u && t < ${c.length}u);
}`;
}

/** Passes that fill `spectrum` [n, 2, width] with the digit-reversed transform of the kernels / n. */
function spectrumPasses(
  c: Convolution,
  columns: Columns,
  stages: readonly Stage[],
  spectrum: Scratch,
  ctx: LowerContext,
): Pass[] {
  const { n } = stages[0];
  const at: Address = (position, part) =>
    `tmp${spectrum.index}[(${position} * 2u + ${part}u) * ${columns.width}u + m]`;
  const inputs = c.reverseTaps > 0 ? [kernel, reverse] : [kernel];
  const future = c.offset + c.reverseTaps;
  const pieces = stages.map((stage, p) => {
    const last = p === stages.length - 1;
    return piece(`spectrum${p}`, stage, { inputs: p === 0 ? [...inputs, table] : [table] }, (e) => {
      const points = p > 0 ? stage.load((position) => fetch(e, at, position)) : stage.load(
        (position, k) => {
          const low = k * stage.stride;
          const nearestFuture = low === 0 ? 0 : n - (low + stage.stride - 1);
          const empty = low >= c.taps && (c.reverseTaps === 0 || nearestFuture >= future);
          return real(empty ? "0.0" : e.bind(`tap(${columns.row}, ${position})`));
        },
      );
      const values = stage.forward(e, points);
      store(e, at, stage, last ? values.map((value) => e.scale(value, 1 / n)) : values);
    });
  });
  const declarations = `fn tap(row: u32, i: u32) -> f32 {
var value = 0.0;
if (i < ${c.taps}u) { value = in${kernel}(row, i); }
${
    c.reverseTaps > 0
      ? `let lag = (${n}u - i) % ${n}u;
if (lag >= ${c.offset}u && lag < ${future}u) { value += in${reverse}(row, lag - ${c.offset}u); }`
      : ""
  }
return value;
}`;
  const passes = perButterfly(pieces, 1, columns.width, ctx, {
    locate: "let m = column;",
    scratch: accesses([], [spectrum]),
  });
  return passes.map((pass, p) => p === 0 ? { ...pass, declarations } : pass);
}

/** Stages of the convolution itself: into the spectrum, product, and back. */
function filterPieces(
  c: Convolution,
  columns: Columns,
  stages: readonly Stage[],
  work: Address,
  spectrum: Address,
): Piece[] {
  const final = stages.length - 1;
  const load = (e: Emitter, stage: Stage) =>
    stage.index === 0
      ? loadPair(e, stage, c, `${source}`, columns.feature)
      : stage.load((position) => fetch(e, work, position));
  const finish = (e: Emitter, stage: Stage, values: readonly Complex[]) => {
    if (stage.index > 0) return store(e, work, stage, values);
    values.forEach((value, k) => {
      const low = k * stage.stride;
      if (low >= c.length) return;
      const put = (b: string, condition: string, part: string) => {
        const statement = `out0(${b}, ${stage.at(k)}, m, ${part});`;
        e.lines.push(condition === "" ? statement : `if (${condition}) { ${statement} }`);
      };
      const inside = low + stage.stride <= c.length ? [] : [`${stage.at(k)} < ${c.length}u`];
      put("2u * pair", inside.join(), value.re);
      if (c.batch === 1) return;
      const second = c.batch % 2 === 0 ? inside : [...inside, `2u * pair + 1u < ${c.batch}u`];
      put("2u * pair + 1u", second.join(" && "), value.im);
    });
  };
  const inputs = (stage: Stage) => [...(stage.index === 0 ? [source] : []), table];
  const outputs = (stage: Stage) => stage.index === 0 ? [0] : [];
  const pieces: Piece[] = stages.slice(0, final).map((stage) =>
    piece(
      `forward${stage.index}`,
      stage,
      { inputs: inputs(stage) },
      (e) => store(e, work, stage, stage.forward(e, load(e, stage))),
    )
  );
  const middle = stages[final];
  pieces.push(
    piece("filter", middle, { inputs: inputs(middle), outputs: outputs(middle) }, (e) => {
      const values = middle.forward(e, load(e, middle)).map((value, k) =>
        e.multiply(value, fetch(e, spectrum, middle.at(k)), columns.conjugate)
      );
      finish(e, middle, middle.inverse(e, values));
    }),
  );
  for (const stage of stages.slice(0, final).reverse()) {
    pieces.push(
      piece(`inverse${stage.index}`, stage, { inputs: [table], outputs: outputs(stage) }, (e) => {
        const points = stage.load((position) => fetch(e, work, position));
        finish(e, stage, stage.inverse(e, points));
      }),
    );
  }
  return pieces;
}

/** Most invocations of a workgroup that keeps its columns in workgroup memory. */
const residentLanes = 256;

/**
 * Columns per workgroup whose whole transform fits workgroup memory, or 0. A single column of many
 * would waste most of every memory transaction. Software adapters pay too much for barriers.
 */
function residentColumns(n: number, width: number, ctx: LowerContext): number {
  if (ctx.adapterClass === "software") return 0;
  const fits =
    [8, 4, 2, 1].find((count) => width % count === 0 && 2 * 4 * n * count <= ctx.workgroupMemory) ??
      0;
  return fits > 1 || width === 1 ? fits : 0;
}

/** The whole convolution in one pass: all stages in workgroup memory. */
function residentPass(
  c: Convolution,
  columns: Columns,
  stages: readonly Stage[],
  spectrum: Scratch,
  spectrumAt: Address,
  count: number,
): Pass {
  const { n } = stages[0];
  const largest = Math.max(...stages.map((stage) => stage.count));
  const workgroupSize = Math.min(residentLanes, count * largest);
  const blocks = columns.width / count;
  const at: Address = (position, part) =>
    `strip[(${position} + ${part * n}u) * ${count}u + lane % ${count}u]`;
  const pieces = filterPieces(c, columns, stages, at, spectrumAt);
  const loops = pieces.map(({ stage, body }) =>
    `for (var bf = lane / ${count}u; bf < ${stage.count}u; bf += ${
      workgroupSize / count
    }u) {\n${body}\n}`
  );
  return {
    name: "convolve",
    inputs: [source, table],
    outputs: [0],
    scratch: accesses([spectrum], []) ?? [],
    workgroupSize,
    groups: Math.ceil(c.batch / 2) * blocks,
    declarations: `${boundedSource(c, `${source}`)}
var<workgroup> strip: array<f32, ${2 * n * count}>;`,
    body: `let pair = group / ${blocks}u;
let m = (group % ${blocks}u) * ${count}u + lane % ${count}u;
${loops.join("\nworkgroupBarrier();\n")}`,
  };
}

/** Passes of `fftConv` and of its gradient with respect to x. */
export function lowerConvolution(c: Convolution, columns: Columns, ctx: LowerContext): Pass[] {
  const n = transformLength(c);
  const stages = convolutionStages(n, ctx);
  const { width } = columns;
  const pairs = Math.ceil(c.batch / 2);
  const spectrum = ctx.scratch(2 * n * width);
  const spectrumAt: Address = (position, part) =>
    `tmp${spectrum.index}[(${position} * 2u + ${part}u) * ${width}u + m]`;
  const passes = spectrumPasses(c, columns, stages, spectrum, ctx);
  const declarations = boundedSource(c, `${source}`);

  const resident = residentColumns(n, width, ctx);
  if (resident > 0) {
    return [...passes, residentPass(c, columns, stages, spectrum, spectrumAt, resident)];
  }
  const perSlice = Math.max(1, Math.min(pairs, Math.floor(bindable / (2 * n * width))));
  const work = ctx.scratch(2 * n * width * perSlice);
  const at: Address = (position, part) =>
    `tmp${work.index}[((outer * ${n}u + ${position}) * 2u + ${part}u) * ${width}u + m]`;
  const pieces = filterPieces(c, columns, stages, at, spectrumAt);
  for (let first = 0; first < pairs; first += perSlice) {
    const slice = perButterfly(pieces, Math.min(perSlice, pairs - first), width, ctx, {
      locate: `let m = column;\nlet pair = outer + ${first}u;`,
      scratch: accesses([spectrum], [work]),
    });
    passes.push(...slice.map((pass) => ({
      ...pass,
      name: first === 0 ? pass.name : `${pass.name} from pair ${first}`,
      declarations: pass.inputs.includes(source) ? declarations : "",
    })));
  }
  return passes;
}
