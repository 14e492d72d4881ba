/**
 * Kernels of the kernel gradients: dk[m, j] = Σ_b Σ_t dy[b, t, m] x[b, t − j, m mod D], and the same
 * sum at negative lags for the reverse kernel, both from one circular correlation.
 *
 * With Z = X_b + i X_{b+1} and W the same for dy, the real part of the inverse transform of
 * W · conj(Z) is the sum of both correlations, so a pair of sequences costs two transforms.
 */
import type { LowerContext, Pass, Scratch } from "../../src/graph/lowering.ts";
import type { Complex, Emitter } from "./butterfly.ts";
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
import { boundedSource, convolutionStages, loadPair, transformLength } from "./fft_lowering.ts";
import type { Stage } from "./stages.ts";

/** Input numbers: x 0, twiddle table 1, dy 2. */
const table = 1;
const cotangent = 2;

/** Forward stages but the last of one operand. */
function towards(
  name: string,
  stages: readonly Stage[],
  at: Address,
  input: number,
  first: (e: Emitter, stage: Stage) => Complex[],
): Piece[] {
  return stages.slice(0, -1).map((stage) =>
    piece(
      `${name}${stage.index}`,
      stage,
      { inputs: stage.index === 0 ? [input, table] : [table] },
      (e) => {
        const points = stage.index === 0
          ? first(e, stage)
          : stage.load((position) => fetch(e, at, position));
        store(e, at, stage, stage.forward(e, points));
      },
    )
  );
}

/** Inverse stages on the summed spectrum; the last one stores the gradients. */
function back(
  c: Convolution,
  stages: readonly Stage[],
  sum: (e: Emitter, p: string) => Complex,
  at: Address,
) {
  const { n } = stages[0];
  return [...stages].reverse().map((stage, i) =>
    piece(
      `inverse${stage.index}`,
      stage,
      { inputs: [table], outputs: stage.index > 0 ? [] : c.reverseTaps > 0 ? [0, 1] : [0] },
      (e) => {
        const points = stage.load((position) =>
          i === 0 ? sum(e, position) : fetch(e, at, position)
        );
        const values = stage.inverse(e, points);
        if (stage.index > 0) return store(e, at, stage, values);
        values.forEach((value, k) => {
          const gradient = e.scale(value, 1 / n).re;
          e.lines.push(`keep(m, ${stage.at(k)}, ${gradient});`);
        });
      },
    )
  );
}

/** Declares the store of a gradient found at circular position i. */
function keeper(c: Convolution, n: number): string {
  return `fn keep(m: u32, i: u32, value: f32) {
if (i < ${c.taps}u) { out0(m, i, value); }
${
    c.reverseTaps > 0
      ? `let lag = (${n}u - i) % ${n}u;
if (lag >= ${c.offset}u && lag < ${
        c.offset + c.reverseTaps
      }u) { out1(m, lag - ${c.offset}u, value); }`
      : ""
  }
}`;
}

/** The product W · conj(Z) of the last forward stage, point by point. */
function product(
  e: Emitter,
  stage: Stage,
  x: readonly Complex[],
  dy: readonly Complex[],
): Complex[] {
  const z = stage.forward(e, x);
  return stage.forward(e, dy).map((value, k) => e.multiply(value, z[k], true));
}

/** Passes of `fftConvGradient`: inputs x, table, dy; outputs the gradients of the kernels. */
export function lowerCorrelation(c: Convolution, ctx: LowerContext): Pass[] {
  const stages = convolutionStages(transformLength(c), ctx);
  const { n } = stages[0];
  const pairs = Math.ceil(c.batch / 2);
  const perSlice = Math.max(1, Math.min(pairs, Math.floor(bindable / (2 * n * c.rows))));
  const x = ctx.scratch(2 * n * c.features * perSlice);
  const dy = ctx.scratch(2 * n * c.rows * perSlice);
  const total = ctx.scratch(2 * n * c.rows);
  const at =
    (scratch: Scratch, width: number, outer: string, column: string): Address => (position, part) =>
      `tmp${scratch.index}[((${outer} * ${n}u + ${position}) * 2u + ${part}u) * ${width}u + ${column}]`;
  const totalAt: Address = (position, part) =>
    `tmp${total.index}[(${position} * 2u + ${part}u) * ${c.rows}u + m]`;
  const final = stages[stages.length - 1];
  const passes: Pass[] = [];
  for (let first = 0; first < pairs; first += perSlice) {
    const count = Math.min(perSlice, pairs - first);
    const suffix = first === 0 ? "" : ` from pair ${first}`;
    const locate = `let m = column;\nlet pair = outer + ${first}u;`;
    const loadX = (e: Emitter, stage: Stage) => loadPair(e, stage, c, "0", `m % ${c.features}u`);
    const loadDy = (e: Emitter, stage: Stage) => loadPair(e, stage, c, `${cotangent}`, "m");
    const xPieces = towards(`x${suffix}`, stages, at(x, c.features, "outer", "m"), 0, loadX);
    const dyPieces = towards(
      `dy${suffix}`,
      stages,
      at(dy, c.rows, "outer", "m"),
      cotangent,
      loadDy,
    );
    passes.push(
      ...perButterfly(xPieces, count, c.features, ctx, {
        locate,
        declarations: boundedSource(c, "0"),
        scratch: accesses([], [x]),
      }).map((pass) => pass.inputs.includes(0) ? pass : { ...pass, declarations: "" }),
      ...perButterfly(dyPieces, count, c.rows, ctx, {
        locate,
        declarations: boundedSource(c, `${cotangent}`),
        scratch: accesses([], [dy]),
      }).map((pass) => pass.inputs.includes(cotangent) ? pass : { ...pass, declarations: "" }),
    );
    const only = final.index === 0;
    const sums = piece(
      `product${suffix}`,
      final,
      { inputs: only ? [0, table, cotangent] : [table] },
      (e) => {
        for (let k = 0; k < final.radix; k++) {
          const start = first === 0 ? { re: "0.0", im: "0.0" } : fetch(e, totalAt, final.at(k));
          e.lines.push(`var re${k} = ${start.re};\nvar im${k} = ${start.im};`);
        }
        e.lines.push(`for (var slot = 0u; slot < ${count}u; slot++) {`);
        e.lines.push(`let pair = slot + ${first}u;`);
        const xAt = at(x, c.features, "slot", `(m % ${c.features}u)`);
        const dyAt = at(dy, c.rows, "slot", "m");
        const points = (address: Address, load: typeof loadX) =>
          only ? load(e, final) : final.load((position) => fetch(e, address, position));
        product(e, final, points(xAt, loadX), points(dyAt, loadDy)).forEach((value, k) =>
          e.lines.push(`re${k} += ${value.re};\nim${k} += ${value.im};`)
        );
        e.lines.push("}");
        store(
          e,
          totalAt,
          final,
          Array.from({ length: final.radix }, (_, k) => ({
            re: `re${k}`,
            im: `im${k}`,
          })),
        );
      },
    );
    passes.push(...perButterfly([sums], 1, c.rows, ctx, {
      locate: "let m = column;",
      declarations: only ? `${boundedSource(c, "0")}\n${boundedSource(c, `${cotangent}`)}` : "",
      scratch: accesses(only ? [] : [x, dy], [total]),
    }));
  }
  const inverse = back(c, stages, (e, position) => fetch(e, totalAt, position), totalAt);
  const results = perButterfly(inverse, 1, c.rows, ctx, {
    locate: "let m = column;",
    scratch: accesses([], [total]),
  });
  passes.push(
    ...results.map((pass) =>
      pass.outputs.length > 0 ? { ...pass, declarations: keeper(c, n) } : pass
    ),
  );
  return passes;
}
