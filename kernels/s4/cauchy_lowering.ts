/**
 * Kernel of the Cauchy sums: an invocation owns a few frequencies of one feature, neighbouring
 * invocations are adjacent frequencies, and the loop over the pairs keeps four sums per numerator:
 * Σ ρ/d and Σ w/d, complex. No workgroup memory.
 */
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import type { CauchyGeometry } from "./cauchy_geometry.ts";

/** Statements for k = 0 … count − 1. */
function each(count: number, statement: (k: number) => string): string {
  return Array.from({ length: count }, (_, k) => statement(k)).join("\n");
}

/** Declares 1/(|ca|² − σ² − 2iσ c Re a) as `ir{k}`, `ii{k}`. */
export function pairInverse(k: number | string): string {
  return `let x${k} = are * c${k};
let y${k} = aim * c${k};
let dr${k} = fma(x${k}, x${k}, (y${k} - s${k}) * (y${k} + s${k}));
let di${k} = 2.0 * s${k} * x${k};
let scale${k} = 1.0 / fma(dr${k}, dr${k}, di${k} * di${k});
let ir${k} = dr${k} * scale${k};
let ii${k} = di${k} * scale${k};`;
}

/** Passes of `s4Cauchy`: inputs ρ, w, Re a, Im a, table; outputs real and imaginary part. */
export function lowerCauchy(geometry: CauchyGeometry, ctx: LowerContext): Pass[] {
  const { rows, features, pairs, bins } = geometry;
  const software = ctx.adapterClass === "software";
  const workgroupSize = software ? ctx.subgroupSize : 64;
  // Loads of a pair are shared by the frequencies of an invocation: on software they cost most.
  const held = software ? Math.min(4, Math.ceil(bins / workgroupSize)) : 1;
  const slices = Math.ceil(bins / (workgroupSize * held));
  const sums = (
    k: number,
    r: number,
  ) => [`pr${k}_${r}`, `pi${k}_${r}`, `wr${k}_${r}`, `wi${k}_${r}`];
  return [{
    name: "sums",
    inputs: [0, 1, 2, 3, 4],
    outputs: [0, 1],
    workgroupSize,
    groups: features * slices,
    body: `let h = group / ${slices}u;
let first = (group % ${slices}u) * ${workgroupSize * held}u + lane;
${
      each(held, (k) =>
        `let f${k} = first + ${k * workgroupSize}u;
let s${k} = in4(min(f${k}, ${bins - 1}u), 0u);
let c${k} = in4(min(f${k}, ${bins - 1}u), 1u);
${each(rows, (r) => sums(k, r).map((name) => `var ${name} = 0.0;`).join(" "))}`)
    }
for (var n = 0u; n < ${pairs}u; n++) {
let are = in2(h, n);
let aim = in3(h, n);
${each(rows, (r) => `let rho${r} = in0(${r}u, h, n);\nlet weight${r} = in1(${r}u, h, n);`)}
${
      each(held, (k) =>
        pairInverse(k) + "\n" +
        each(rows, (r) => {
          const [pr, pi, wr, wi] = sums(k, r);
          return `${pr} = fma(rho${r}, ir${k}, ${pr});
${pi} = fma(rho${r}, ii${k}, ${pi});
${wr} = fma(weight${r}, ir${k}, ${wr});
${wi} = fma(weight${r}, ii${k}, ${wi});`;
        }))
    }
}
${
      each(held, (k) =>
        `if (f${k} < ${bins}u) {\n` + each(rows, (r) => {
          const [pr, pi, wr, wi] = sums(k, r);
          return `out0(${r}u, h, f${k}, fma(c${k}, ${pr}, -s${k} * ${wi}));
out1(${r}u, h, f${k}, fma(c${k}, ${pi}, s${k} * ${wr}));`;
        }) + "\n}")
    }`,
  }];
}
