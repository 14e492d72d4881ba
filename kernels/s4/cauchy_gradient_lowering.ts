/**
 * Kernels of the gradients of the Cauchy sums: an invocation owns a few pairs of one feature and a
 * range of frequencies. With I = 1/d, num_r = cρ_r + iσw_r and g_r the gradient of row r:
 *
 *   dρ_r = Σ_f c Re(ḡ_r I),  dw_r = Σ_f σ Re(i ḡ_r I),
 *   J = −2c I² Σ_r ḡ_r num_r,  dRe a = Σ_f Re(J (c Re a − iσ)),  dIm a = Σ_f Re(J) c Im a
 *
 * Partial sums over the ranges go to scratch memory and are added in a fixed order.
 */
import type { LowerContext, Pass } from "../../src/graph/lowering.ts";
import type { CauchyGeometry } from "./cauchy_geometry.ts";
import { pairInverse } from "./cauchy_lowering.ts";

/** Threads that keep a GPU busy. */
const busyThreads = 32768;

function each(count: number, statement: (k: number) => string): string {
  return Array.from({ length: count }, (_, k) => statement(k)).join("\n");
}

/** Passes of `s4CauchyGradient`: inputs ρ, w, Re a, Im a, table, g; gradients of the first four. */
export function lowerCauchyGradient(geometry: CauchyGeometry, ctx: LowerContext): Pass[] {
  const { rows, features, pairs, bins } = geometry;
  const software = ctx.adapterClass === "software";
  const workgroupSize = software ? ctx.subgroupSize : 32;
  // The loads of a frequency are shared by the pairs of an invocation.
  const held = software ? Math.min(4, Math.ceil(pairs / workgroupSize)) : 1;
  const slices = Math.ceil(pairs / (workgroupSize * held));
  const wanted = software ? 8 : Math.ceil(busyThreads / (features * slices * workgroupSize));
  const range = Math.ceil(bins / Math.min(wanted, Math.ceil(bins / 64)));
  const parts = Math.ceil(bins / range);
  const width = 2 * rows + 2;
  const size = features * pairs;
  const partial = ctx.scratch(parts * width * size);
  const n = (k: number) => `n${k}`;
  const names = (k: number) => [
    ...Array.from({ length: rows }, (_, r) => `p${k}_${r}`),
    ...Array.from({ length: rows }, (_, r) => `q${k}_${r}`),
    `ar${k}`,
    `ai${k}`,
  ];
  const passes: Pass[] = [{
    name: "partial",
    inputs: [0, 1, 2, 3, 4, 5, 6],
    outputs: [],
    scratch: [{ scratch: partial, access: "write" }],
    workgroupSize,
    groups: features * slices * parts,
    body: `let h = group / ${slices * parts}u;
let part = (group / ${slices}u) % ${parts}u;
let first = (group % ${slices}u) * ${workgroupSize * held}u + lane;
${
      each(held, (k) =>
        `let ${n(k)} = min(first + ${k * workgroupSize}u, ${pairs - 1}u);
let are${k} = in2(h, ${n(k)});
let aim${k} = in3(h, ${n(k)});
${
          each(rows, (r) =>
            `let rho${k}_${r} = in0(${r}u, h, ${n(k)});\nlet weight${k}_${r} = in1(${r}u, h, ${
              n(k)
            });`)
        }
${
          names(k).map((name) => `var ${name} = 0.0;`).join(" ")
        }`)
    }
let low = part * ${range}u;
let high = min(low + ${range}u, ${bins}u);
for (var f = low; f < high; f++) {
let s = in4(f, 0u);
let c = in4(f, 1u);
${
      each(rows, (r) =>
        `let gr${r} = in5(${r}u, h, f);
let gi${r} = in6(${r}u, h, f);
let cr${r} = c * gr${r};
let ci${r} = c * gi${r};
let sr${r} = s * gr${r};
let si${r} = s * gi${r};`)
    }
${
      each(held, (k) =>
        `{
let are = are${k};
let aim = aim${k};
${pairInverse("")}
var zr = 0.0;
var zi = 0.0;
${
          each(rows, (r) =>
            `p${k}_${r} += fma(ir, cr${r}, ii * ci${r});
q${k}_${r} += fma(ir, si${r}, -ii * sr${r});
zr += fma(cr${r}, rho${k}_${r}, si${r} * weight${k}_${r});
zi += fma(sr${r}, weight${k}_${r}, -ci${r} * rho${k}_${r});`)
        }
let jr = -2.0 * c * fma(fma(ir, ir, -ii * ii), zr, -2.0 * ir * ii * zi);
let ji = -2.0 * c * fma(fma(ir, ir, -ii * ii), zi, 2.0 * ir * ii * zr);
ar${k} += fma(jr, x, ji * s);
ai${k} += jr * y;
}`)
    }
}
${
      each(held, (k) =>
        `if (first + ${k * workgroupSize}u < ${pairs}u) {\n` +
        names(k).map((name, i) =>
          `tmp${partial.index}[(part * ${width}u + ${i}u) * ${size}u + h * ${pairs}u + ${
            n(k)
          }] = ${name};`
        ).join("\n") + "\n}")
    }`,
  }];
  const total = (name: string, sum: string) =>
    `var ${name} = 0.0;
for (var p = 0u; p < ${parts}u; p++) {
${name} += tmp${partial.index}[(p * ${width}u + ${sum}) * ${size}u + at];
}`;
  passes.push({
    name: "numerators",
    inputs: [],
    outputs: [0, 1],
    scratch: [{ scratch: partial, access: "read" }],
    workgroupSize,
    groups: Math.ceil(rows * size / workgroupSize),
    body: `if (thread < ${rows * size}u) {
let r = thread / ${size}u;
let at = thread % ${size}u;
${total("rho", "r")}
${total("weight", `${rows}u + r`)}
out0(r, at / ${pairs}u, at % ${pairs}u, rho);
out1(r, at / ${pairs}u, at % ${pairs}u, weight);
}`,
  }, {
    name: "poles",
    inputs: [],
    outputs: [2, 3],
    scratch: [{ scratch: partial, access: "read" }],
    workgroupSize,
    groups: Math.ceil(size / workgroupSize),
    body: `if (thread < ${size}u) {
let at = thread;
${total("re", `${2 * rows}u`)}
${total("im", `${2 * rows + 1}u`)}
out2(at / ${pairs}u, at % ${pairs}u, re);
out3(at / ${pairs}u, at % ${pairs}u, im);
}`,
  });
  return passes;
}
