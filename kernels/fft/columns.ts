/**
 * From butterflies to passes: one pass per stage, an invocation owns one butterfly of one column (one
 * feature of a pair of sequences), neighbouring invocations are adjacent features.
 *
 * Running all stages of a column in one kernel was slower on the software adapter too, and took ten
 * times longer to compile.
 */
import type { LowerContext, Pass, Scratch } from "../../src/graph/lowering.ts";
import { type Complex, Emitter } from "./butterfly.ts";
import type { Stage } from "./stages.ts";

/** Elements of one scratch buffer that every adapter can bind (128 MiB). */
export const bindable = 2 ** 25;

/** Work on all butterflies of one stage. */
export interface Piece {
  readonly name: string;
  readonly stage: Stage;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Statements for butterfly `bf`, with the variables of the surrounding kernel. */
  readonly body: string;
}

/** Where a column lives in scratch memory: the WGSL place of a part (0 real, 1 imaginary). */
export type Address = (position: string, part: 0 | 1) => string;

/** Builds a piece from the values that it loads, transforms and stores. */
export function piece(
  name: string,
  stage: Stage,
  operands: { readonly inputs?: readonly number[]; readonly outputs?: readonly number[] },
  body: (emitter: Emitter) => void,
): Piece {
  const emitter = new Emitter();
  body(emitter);
  return {
    name,
    stage,
    inputs: operands.inputs ?? [],
    outputs: operands.outputs ?? [],
    body: `${stage.head}\n${emitter.lines.join("\n")}`,
  };
}

/** Reads a complex number from scratch memory. */
export function fetch(emitter: Emitter, at: Address, position: string): Complex {
  return { re: emitter.bind(at(position, 0)), im: emitter.bind(at(position, 1)) };
}

/** Writes the points of a butterfly to scratch memory. */
export function store(emitter: Emitter, at: Address, stage: Stage, values: readonly Complex[]) {
  values.forEach((value, k) => {
    emitter.lines.push(`${at(stage.at(k), 0)} = ${value.re};`);
    emitter.lines.push(`${at(stage.at(k), 1)} = ${value.im};`);
  });
}

/** Scratch accesses of a pass: the last entry for a buffer wins, so list writes after reads. */
export function accesses(read: readonly Scratch[], write: readonly Scratch[]): Pass["scratch"] {
  return [
    ...read.filter((scratch) => !write.includes(scratch))
      .map((scratch) => ({ scratch, access: "read" as const })),
    ...write.map((scratch) => ({ scratch, access: "write" as const })),
  ];
}

/** Invocations per workgroup. */
export function lanes(ctx: LowerContext): number {
  return ctx.adapterClass === "software" ? ctx.subgroupSize : 64;
}

/**
 * One pass per piece. Threads are (column group, butterfly, column) with the column fastest;
 * `locate` defines the variables of the pieces from `outer` and `column`.
 */
export function perButterfly(
  pieces: readonly Piece[],
  outer: number,
  width: number,
  ctx: LowerContext,
  options: {
    readonly locate: string;
    readonly declarations?: string;
    readonly scratch: Pass["scratch"];
  },
): Pass[] {
  const workgroupSize = lanes(ctx);
  return pieces.map((piece) => {
    const { count } = piece.stage;
    const threads = outer * count * width;
    return {
      name: piece.name,
      inputs: piece.inputs,
      outputs: piece.outputs,
      ...(options.scratch ? { scratch: options.scratch } : {}),
      workgroupSize,
      groups: Math.ceil(threads / workgroupSize),
      declarations: options.declarations ?? "",
      body: `if (thread < ${threads}u) {
let column = thread % ${width}u;
let bf = (thread / ${width}u) % ${count}u;
let outer = thread / ${width * count}u;
${options.locate}
${piece.body}
}`,
    };
  });
}
