/**
 * Kernels of the gradients of `emaScan` with respect to c and q.
 *
 * With s_t = du_t/dq they are forward scans like u itself and need no stored states:
 *   u_t = q u_{t-1} + x_t − q^K x_{t-K}
 *   s_t = q s_{t-1} + u_{t-1} − K q^(K-1) x_{t-K}
 *   dc = Σ_t dy_t u_t,   dq = c Σ_t dy_t s_t
 * Partial sums per sequence and chunk go to scratch memory and are added in a fixed order.
 */
import type { LowerContext, Pass, Scratch } from "../../src/graph/lowering.ts";
import { chunkLength, lanes, unrolling } from "./scan_lowering.ts";
import { sumPasses, type SumTarget } from "./partial_sums.ts";
import { each, type EmaGeometry, overTime, powerFunctions, type Time } from "./sweeps.ts";

/** States that one invocation keeps in registers (four numbers each). */
const statesPerThread = 8;

/** Operands of the gradient kernels; input 0 is the series x. */
export interface GradientRoles {
  /** Input that holds the decays [sweeps · D, N]. */
  readonly decay: number;
  /** Inputs that the pass over time reads. */
  readonly inputs: readonly number[];
  /** Whether input 1 is a series dy, with sums `g{n}` = Σ dy u and `h{n}` = Σ dy s; else they are 0. */
  readonly correlates: boolean;
  /** Names of the sums per state that are added up over chunks and sequences. */
  readonly sums: readonly string[];
  /** Exponents e of `power_{e}(q)` in `finish`. */
  readonly powers?: readonly number[];
  /** Statements on the sums and the last `u{n}`, `s{n}` of a chunk; they may declare more sums. */
  readonly finish?: (n: number, state: string) => string;
  /** Inputs and outputs of the last pass, and what it stores of the sums `sum0`, `sum1`, …. */
  readonly store: Pick<SumTarget, "inputs" | "outputs" | "body">;
}

const averageRoles: GradientRoles = {
  decay: 3,
  inputs: [0, 1, 3],
  correlates: true,
  sums: ["g", "h"],
  store: {
    inputs: [2],
    outputs: [0, 1],
    body: "out0(row, n, sum0);\nout1(row, n, in2(row, n) * sum1);",
  },
};

/** Passes of the gradients; by default of `emaScanGradient`: inputs x, dy, c, q; outputs dc, dq. */
export function lowerGradient(
  geometry: EmaGeometry,
  ctx: LowerContext,
  roles: GradientRoles = averageRoles,
): Pass[] {
  const { decay, correlates, sums } = roles;
  const { batch, length, features, states, sweeps, truncation } = geometry;
  const chunk = chunkLength(geometry, ctx);
  const chunks = Math.ceil(length / chunk);
  const workgroupSize = lanes(ctx);
  const unroll = unrolling(geometry, chunks);
  const slices = Math.ceil(states / statesPerThread);
  const held = Math.ceil(states / slices);
  const ragged = slices * held > states;
  const exponents = [
    ...(truncation ? [truncation, truncation - 1] : []),
    ...(chunks > 1 ? [chunk, chunk - 1] : []),
    ...(roles.powers ?? []),
  ];
  const declarations = exponents.length > 0 ? powerFunctions(exponents) : "";
  const parts = batch * chunks;
  const rows = sweeps.length * features;
  const partial = ctx.scratch(parts * sums.length * states * rows);
  const carried = chunks > 1 ? ctx.scratch(parts * 2 * states * rows) : undefined;
  // [part, kind, n, row]: rows are contiguous across lanes.
  const at = (scratch: Scratch, kinds: number, kind: number, n: string) =>
    `tmp${scratch.index}[(((b * ${chunks}u + chunk) * ${kinds}u + ${kind}u) * ${states}u + ${n}) * ` +
    `${rows}u + row]`;
  const threadsPerSweep = parts * features * slices;
  const perSweep = (body: (sweep: number) => string) =>
    sweeps.map((_, k) => `if (sweep == ${k}u) {\n${body(k)}\n}`).join("\n");
  const place = `let d = thread % ${features}u;
let slice = (thread / ${features}u) % ${slices}u;
let chunk = (thread / ${features * slices}u) % ${chunks}u;
let b = (thread / ${features * slices * chunks}u) % ${batch}u;
let sweep = thread / ${threadsPerSweep}u;
let row = sweep * ${features}u + d;
let first = slice * ${held}u;
let low = chunk * ${chunk}u;
let high = min(low + ${chunk}u, ${length}u);`;
  const low = chunks > 1 ? "low" : 0;
  const high = chunks > 1 ? "high" : length;
  const last = ragged ? `, ${states - 1}u)` : "";
  const state = (n: number) => `${ragged ? "min(" : ""}first + ${n}u${last}`;
  const load = each(held, (n) =>
    `let q${n} = in${decay}(row, ${state(n)});` +
    (truncation
      ? ` let z${n} = power_${truncation}(q${n});` +
        ` let y${n} = ${truncation}.0 * power_${truncation - 1}(q${n});`
      : ""));
  const advance = (times: readonly Time[], after: (n: number, k: number) => string) =>
    times.map(({ t, old }, k) =>
      `let x${k} = in0(b, ${t}, d);\n` + (old ? `let old${k} = in0(b, ${old}, d);\n` : "")
    ).join("") +
    each(
      held,
      (n) =>
        times.map(({ old }, k) =>
          (old
            ? `s${n} = fma(q${n}, s${n}, fma(-y${n}, old${k}, u${n}));\n` +
              `u${n} = fma(q${n}, u${n}, fma(-z${n}, old${k}, x${k}));`
            : `s${n} = fma(q${n}, s${n}, u${n});\nu${n} = fma(q${n}, u${n}, x${k});`) + after(n, k)
        ).join("\n"),
    );
  const correlate = (n: number, k: number) =>
    `\ng${n} = fma(dy${k}, u${n}, g${n});\nh${n} = fma(dy${k}, s${n}, h${n});`;
  const store = (scratch: Scratch, names: readonly string[]) =>
    each(held, (n) => {
      const body = names.map((name, kind) =>
        `${at(scratch, names.length, kind, `(first + ${n}u)`)} = ${name}${n};`
      ).join("\n");
      return ragged ? `if (first + ${n}u < ${states}u) {\n${body}\n}` : body;
    });
  const threads = threadsPerSweep * sweeps.length;
  const pass = { workgroupSize, groups: Math.ceil(threads / workgroupSize), declarations };

  const passes: Pass[] = [];
  if (carried) {
    passes.push({
      ...pass,
      name: "local",
      inputs: [0, decay],
      outputs: [],
      scratch: [{ scratch: carried, access: "write" }],
      body: `if (thread < ${threads}u) {\n${place}\n${load}\n` +
        each(held, (n) => `var u${n} = 0.0; var s${n} = 0.0;`) + "\n" +
        perSweep((k) =>
          overTime(geometry, sweeps[k], low, high, unroll, (times) => advance(times, () => ""))
        ) + "\n" +
        store(carried, ["u", "s"]) + "\n}",
    });
    passes.push(carryPass(geometry, decay, carried, chunks, chunk, workgroupSize, declarations));
  }
  const start = (kind: number, n: number) => carried ? at(carried, 2, kind, state(n)) : "0.0";
  passes.push({
    ...pass,
    name: "partial",
    inputs: roles.inputs,
    outputs: [],
    scratch: [
      { scratch: partial, access: "write" },
      ...(carried ? [{ scratch: carried, access: "read" as const }] : []),
    ],
    body: `if (thread < ${threads}u) {\n${place}\n${load}\n` +
      each(
        held,
        (n) =>
          `var u${n} = ${start(0, n)}; var s${n} = ${
            start(1, n)
          }; var g${n} = 0.0; var h${n} = 0.0;`,
      ) +
      "\n" +
      perSweep((k) =>
        overTime(
          geometry,
          sweeps[k],
          low,
          high,
          unroll,
          (times) =>
            times.map(({ t }, step) => correlates ? `let dy${step} = in1(b, ${t}, d);\n` : "")
              .join("") + advance(times, correlates ? correlate : () => ""),
        )
      ) + "\n" +
      (roles.finish ? each(held, (n) => roles.finish?.(n, state(n)) ?? "") + "\n" : "") +
      store(partial, sums) + "\n}",
  });
  passes.push(
    ...sumPasses(ctx, partial, {
      ...roles.store,
      parts,
      kinds: sums.length,
      states,
      rows,
      workgroupSize,
    }),
  );
  return passes;
}

/** Replaces what each chunk adds to (u, s) by the values at its start. */
function carryPass(
  geometry: EmaGeometry,
  decay: number,
  carried: Scratch,
  chunks: number,
  chunk: number,
  workgroupSize: number,
  declarations: string,
): Pass {
  const { batch, features, states, sweeps } = geometry;
  const rows = sweeps.length * features;
  const threads = batch * states * rows;
  const reverse =
    sweeps.map((s, k) => s === "reverse" ? `row / ${features}u == ${k}u` : "").filter(Boolean).join(
      " || ",
    ) || "false";
  return {
    name: "carry",
    inputs: [decay],
    outputs: [],
    scratch: [{ scratch: carried, access: "write" }],
    workgroupSize,
    groups: Math.ceil(threads / workgroupSize),
    declarations,
    body: `if (thread < ${threads}u) {
let row = thread % ${rows}u;
let n = (thread / ${rows}u) % ${states}u;
let b = thread / ${rows * states}u;
let q = in${decay}(row, n);
let decay = power_${chunk}(q);
let slope = ${chunk}.0 * power_${chunk - 1}(q);
let reverse = ${reverse};
var u = 0.0;
var s = 0.0;
for (var i = 0u; i < ${chunks}u; i++) {
let chunk = select(i, ${chunks - 1}u - i, reverse);
let at = ((b * ${chunks}u + chunk) * ${2 * states}u + n) * ${rows}u + row;
let added_u = tmp${carried.index}[at];
let added_s = tmp${carried.index}[at + ${states * rows}u];
tmp${carried.index}[at] = u;
tmp${carried.index}[at + ${states * rows}u] = s;
s = fma(decay, s, fma(slope, u, added_s));
u = fma(decay, u, added_u);
}
}`,
  };
}
