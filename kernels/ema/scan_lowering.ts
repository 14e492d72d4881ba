/**
 * Kernels of the EMA scan.
 *
 * One pass when batch × features fills the device: an invocation owns a feature of a sequence, keeps
 * its N states in registers and walks through time. Otherwise the time axis is cut into chunks:
 * `local` finds the state that each chunk adds, `carry` combines them with q^chunk, `scan` starts
 * every chunk from its carried state.
 */
import type { LowerContext, Pass, Scratch } from "../../src/graph/lowering.ts";
import { literal } from "../source/generate.ts";
import {
  addToSum,
  each,
  type EmaGeometry,
  overTime,
  powerFunctions,
  type Start,
  sumOf,
  type Time,
} from "./sweeps.ts";

/** Operands of a scan, and what it does besides the sum over states. Input 0 is the series. */
export interface ScanRoles {
  /** Input that holds the decays [sweeps · D, N]. */
  readonly decay: number;
  /** Smallest decay; smaller ones are raised to it (default: none is). */
  readonly leastDecay?: number;
  /** Inputs that the last pass reads besides the start. */
  readonly inputs: readonly number[];
  /** Outputs of the last pass; output 0 is the sum over states. */
  readonly outputs: readonly number[];
  /** WGSL functions of the expressions below. */
  readonly declarations?: string;
  /** Statements that declare `c{n}`, the weight of state n in output 0. */
  readonly weight: (n: number) => string;
  /** State before the first time; zero by default. */
  readonly start?: Start;
  /** Statements when an invocation has walked through its chunk. */
  readonly finish?: string;
}

const averageRoles: ScanRoles = {
  decay: 2,
  inputs: [0, 1, 2],
  outputs: [0],
  weight: (n) => `let c${n} = in1(row, ${n}u);`,
};

/** Threads that keep a GPU busy; fewer sequences than that are cut into chunks. */
const busyThreads = 32768;

/** Times per chunk: the whole length, or a power of two between 16 and 512. */
export function chunkLength(geometry: EmaGeometry, ctx: LowerContext): number {
  const { batch, features, length } = geometry;
  if (ctx.adapterClass === "software") return length;
  let chunk = 512;
  while (chunk > 16 && batch * features * Math.ceil(length / chunk) < busyThreads) chunk /= 2;
  return chunk >= length ? length : chunk;
}

/**
 * Time steps per loop iteration. On the software adapter a loop iteration costs about as much as a
 * step; with two stretches of time (truncated kernels) compilation would take too long for four.
 */
export function unrolling(geometry: EmaGeometry, chunks: number): number {
  if (chunks > 1) return 1;
  return geometry.truncation > 0 ? 2 : 4;
}

/** Invocations per workgroup. */
export function lanes(ctx: LowerContext): number {
  return ctx.adapterClass === "software" ? ctx.subgroupSize : 64;
}

/** Declares and loads the registers of a sweep: `q`, and `z` = q^K when the kernel is truncated. */
function loadDecay({ states, truncation }: EmaGeometry, roles: ScanRoles): string {
  return each(states, (n) =>
    `let q${n} = ${decayAt(roles, `${n}u`)};` +
    (truncation ? ` let z${n} = power_${truncation}(q${n});` : ""));
}

function decayAt({ decay, leastDecay }: ScanRoles, n: string): string {
  const q = `in${decay}(row, ${n})`;
  return leastDecay === undefined ? q : `max(${q}, ${literal(leastDecay, "f32")})`;
}

/** Passes of a scan; by default those of `emaScan` with inputs x, c, q and output y. */
export function lowerScan(
  geometry: EmaGeometry,
  ctx: LowerContext,
  roles: ScanRoles = averageRoles,
): Pass[] {
  const { decay, start } = roles;
  const { batch, length, features, states, sweeps, truncation } = geometry;
  const chunk = chunkLength(geometry, ctx);
  const chunks = Math.ceil(length / chunk);
  const workgroupSize = lanes(ctx);
  const unroll = unrolling(geometry, chunks);
  const powers = [
    ...(truncation ? [truncation] : []),
    ...(chunks > 1 ? [chunk, ...(start ? [length - (chunks - 1) * chunk] : [])] : []),
  ];
  const declarations = (roles.declarations ?? "") +
    (powers.length > 0 ? powerFunctions(powers) : "");
  const rows = batch * chunks * features;
  const carried = chunks > 1 ? ctx.scratch(sweeps.length * rows * states) : undefined;
  const partial = sweeps.length > 1 ? ctx.scratch(batch * length * features) : undefined;
  const stateAt = (sweep: string, n: string) =>
    `tmp${carried?.index}[((${sweep} * ${
      batch * chunks
    }u + b * ${chunks}u + chunk) * ${states}u + ` +
    `${n}) * ${features}u + d]`;
  const place = `let d = thread % ${features}u;
let chunk = (thread / ${features}u) % ${chunks}u;
let b = thread / ${features * chunks}u;
let low = chunk * ${chunk}u;
let high = min(low + ${chunk}u, ${length}u);`;
  const low = chunks > 1 ? "low" : 0;
  const high = chunks > 1 ? "high" : length;
  const load = (times: readonly Time[]) =>
    times.map(({ t, old }, k) =>
      `let x${k} = in0(b, ${t}, d);\n` + (old ? `let old${k} = in0(b, ${old}, d);\n` : "")
    ).join("");
  const advance = (times: readonly Time[], after: (n: number, k: number) => string) =>
    load(times) +
    each(states, (n) =>
      times.map(({ old }, k) =>
        (old
          ? `u${n} = fma(q${n}, u${n}, fma(-z${n}, old${k}, x${k}));`
          : `u${n} = fma(q${n}, u${n}, x${k});`) + after(n, k)
      ).join("\n"));

  const passes: Pass[] = [];
  if (carried) {
    passes.push({
      name: "local",
      inputs: [0, decay],
      outputs: [],
      scratch: [{ scratch: carried, access: "write" }],
      workgroupSize,
      groups: Math.ceil(rows / workgroupSize),
      declarations,
      body: `if (thread < ${rows}u) {\n${place}\n` + sweeps.map((sweep, k) =>
        `{\nlet row = ${k * features}u + d;\n${loadDecay(geometry, roles)}\n` +
        each(states, (n) =>
          `var u${n} = 0.0;`) +
        "\n" +
        overTime(geometry, sweep, low, high, unroll, (times) => advance(times, () => "")) +
        each(states, (n) => `${stateAt(`${k}u`, `${n}u`)} = u${n};`) + "\n}"
      ).join("\n") + "\n}",
    });
    passes.push(carryPass(geometry, roles, carried, chunks, chunk, workgroupSize, declarations));
  }
  const startAt = (k: number, n: number) =>
    carried ? stateAt(`${k}u`, `${n}u`) : start?.value(`${n}u`) ?? "0.0";
  const body = sweeps.map((sweep, k) => {
    const last = k === sweeps.length - 1;
    const at = (t: string) => `tmp${partial?.index}[(b * ${length}u + ${t}) * ${features}u + d]`;
    const emit = ({ t }: Time, step: number) => {
      const sum = sumOf(`y${step}`, states);
      const value = k === 0 ? sum : `${at(t)} + ${sum}`;
      return last ? `out0(b, ${t}, d, ${value});` : `${at(t)} = ${value};`;
    };
    return `{\nlet row = ${k * features}u + d;\n${loadDecay(geometry, roles)}\n` +
      each(states, roles.weight) + "\n" +
      each(states, (n) => `var u${n} = ${startAt(k, n)};`) + "\n" +
      overTime(
        geometry,
        sweep,
        low,
        high,
        unroll,
        (times) =>
          advance(times, (n, step) => ` ${addToSum(`y${step}`, n, `c${n}`, `u${n}`)}`) + "\n" +
          times.map(emit).join("\n"),
      ) + (roles.finish ?? "") + "}";
  }).join("\n");
  passes.push({
    name: "scan",
    inputs: [...new Set([...roles.inputs, ...(carried ? [] : start?.inputs ?? [])])],
    outputs: roles.outputs,
    scratch: [
      ...(carried ? [{ scratch: carried, access: "read" as const }] : []),
      ...(partial ? [{ scratch: partial, access: "write" as const }] : []),
    ],
    workgroupSize,
    groups: Math.ceil(rows / workgroupSize),
    declarations,
    body: `if (thread < ${rows}u) {\n${place}\n${body}\n}`,
  });
  return passes;
}

/** Replaces what each chunk adds to the state by the state at its start. */
function carryPass(
  geometry: EmaGeometry,
  roles: ScanRoles,
  carried: Scratch,
  chunks: number,
  chunk: number,
  workgroupSize: number,
  declarations: string,
): Pass {
  const { batch, length, features, states, sweeps } = geometry;
  const { decay, start } = roles;
  const remainder = length - (chunks - 1) * chunk;
  // A reverse sweep that starts from zero brings nothing to the end of the last, shorter chunk.
  const ragged = start !== undefined && remainder < chunk;
  const threads = sweeps.length * batch * states * features;
  return {
    name: "carry",
    inputs: [...new Set([decay, ...start?.inputs ?? []])],
    outputs: [],
    scratch: [{ scratch: carried, access: "write" }],
    workgroupSize,
    groups: Math.ceil(threads / workgroupSize),
    declarations,
    body: `if (thread < ${threads}u) {
let d = thread % ${features}u;
let n = (thread / ${features}u) % ${states}u;
let b = (thread / ${features * states}u) % ${batch}u;
let sweep = thread / ${features * states * batch}u;
let row = sweep * ${features}u + d;
let decay = power_${chunk}(${decayAt(roles, "n")});
${ragged ? `let shorter = power_${remainder}(${decayAt(roles, "n")});\n` : ""}let reverse = ${
      sweeps.map((s, k) => s === "reverse" ? `sweep == ${k}u` : "").filter(Boolean).join(" || ") ||
      "false"
    };
var carry = ${start?.value("n") ?? "0.0"};
for (var i = 0u; i < ${chunks}u; i++) {
let chunk = select(i, ${chunks - 1}u - i, reverse);
let at = ((sweep * ${
      batch * chunks
    }u + b * ${chunks}u + chunk) * ${states}u + n) * ${features}u + d;
let local = tmp${carried.index}[at];
tmp${carried.index}[at] = carry;
carry = fma(${ragged ? `select(decay, shorter, chunk == ${chunks - 1}u)` : "decay"}, carry, local);
}
}`,
  };
}
