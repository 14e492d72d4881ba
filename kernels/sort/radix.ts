/**
 * Stable least-significant-digit radix sort of u32 keys, as passes of the operation that needs it. A
 * block of consecutive elements belongs to one invocation, which counts its digits and later moves its
 * elements in order; so the result depends on nothing but the keys, and the work grows linearly.
 */
import type { LowerContext, Pass, Scratch } from "../../src/graph/lowering.ts";

/** Bits of the key that one round sorts by. */
const digitBits = 8;
/** Elements that one invocation counts and moves. */
const block = 128;

/** What is sorted. */
export interface RadixInput {
  /** Number of keys. */
  readonly length: number;
  /** Keys are below 2 to this power. */
  readonly bits: number;
  /** Inputs of the node that the key is computed from. */
  readonly inputs: readonly number[];
  /** WGSL u32 expression of the key of element `t`. */
  key(t: string): string;
}

/** Sorted keys in scratch memory. */
export interface RadixSort {
  readonly passes: readonly Pass[];
  /** u32 [length], ascending. */
  readonly keys: Scratch;
  /** u32 [length], where each key was; ascending among equal keys. */
  readonly positions: Scratch;
  /** u32 [2 ** bits] when one round suffices: number of smaller keys for each key. */
  readonly starts: Scratch;
}

/** Sorts keys with the positions that they come from. */
export function radixSort(ctx: LowerContext, input: RadixInput): RadixSort {
  const { length } = input;
  const rounds = Math.max(1, Math.ceil(input.bits / digitBits));
  const width = Math.max(1, Math.ceil(input.bits / rounds));
  const bins = 2 ** width;
  const blocks = Math.ceil(length / block);
  const size = ctx.subgroupSize;
  const places = () => ({
    keys: ctx.scratch(length, "u32"),
    positions: ctx.scratch(length, "u32"),
  });
  const table = ctx.scratch(bins * blocks, "u32");
  const starts = ctx.scratch(bins, "u32");
  const pair = rounds === 1 ? [places()] : [places(), places()];
  const passes: Pass[] = [];
  for (let round = 0; round < rounds; round++) {
    const from = round === 0 ? undefined : pair[(round - 1) % 2];
    const to = pair[round % 2];
    const read = from
      ? [from.keys, from.positions].map((scratch) => ({ scratch, access: "read" as const }))
      : [];
    const key = from ? `tmp${from.keys.index}[t]` : input.key("t");
    const common = {
      inputs: from ? [] : input.inputs,
      outputs: [],
      workgroupSize: size,
      groups: Math.ceil(blocks / size),
    };
    const walk = (statements: string) =>
      `let end = min((thread + 1u) * ${block}u, ${length}u);
for (var t = thread * ${block}u; t < end; t++) {
let key = ${key};
let digit = (key >> ${round * width}u) & ${bins - 1}u;
let at = digit * ${blocks}u + thread;
${statements}
}`;
    passes.push({
      ...common,
      name: `count${round}`,
      scratch: [...read.slice(0, 1), { scratch: table, access: "write" }],
      body: `if (thread >= ${blocks}u) { return; }
for (var digit = 0u; digit < ${bins}u; digit++) {
tmp${table.index}[digit * ${blocks}u + thread] = 0u;
}
${walk(`tmp${table.index}[at] += 1u;`)}`,
    }, {
      name: `offsets${round}`,
      inputs: [],
      outputs: [],
      scratch: [{ scratch: table, access: "write" }, { scratch: starts, access: "write" }],
      workgroupSize: size,
      groups: Math.ceil(bins / size),
      body: `if (thread >= ${bins}u) { return; }
var before = 0u;
let end = (thread + 1u) * ${blocks}u;
for (var at = thread * ${blocks}u; at < end; at++) {
let own = tmp${table.index}[at];
tmp${table.index}[at] = before;
before += own;
}
tmp${starts.index}[thread] = before;`,
    }, {
      name: `starts${round}`,
      inputs: [],
      outputs: [],
      scratch: [{ scratch: starts, access: "write" }],
      workgroupSize: 1,
      groups: 1,
      body: `var before = 0u;
for (var digit = 0u; digit < ${bins}u; digit++) {
let own = tmp${starts.index}[digit];
tmp${starts.index}[digit] = before;
before += own;
}`,
    }, {
      ...common,
      name: `move${round}`,
      scratch: [
        ...read,
        { scratch: table, access: "write" },
        { scratch: starts, access: "read" },
        { scratch: to.keys, access: "write" },
        { scratch: to.positions, access: "write" },
      ],
      body: `if (thread >= ${blocks}u) { return; }
${
        walk(`let rank = tmp${table.index}[at];
tmp${table.index}[at] = rank + 1u;
let place = tmp${starts.index}[digit] + rank;
tmp${to.keys.index}[place] = key;
tmp${to.positions.index}[place] = ${from ? `tmp${from.positions.index}[t]` : "t"};`)
      }`,
    });
  }
  return { passes, ...pair[(rounds - 1) % 2], starts };
}
