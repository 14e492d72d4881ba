/** The numbers and operand positions that all attention kernels are generated from. */
import {
  type Attrs,
  type Shape,
  ShapeError,
  sizeOf,
  type TensorType,
} from "../../src/graph/contract.ts";
import { requireTypes } from "../../src/graph/types.ts";

/** How scores become weights. */
export type AttentionKind = "softmax" | "laplace" | "relu2";

const kinds: readonly string[] = ["softmax", "laplace", "relu2"];

/** One attention problem: G groups of T queries and S keys. */
export interface Problem {
  readonly kind: AttentionKind;
  /** Leading axes of the operands. */
  readonly lead: Shape;
  /** G, the product of the leading axes. */
  readonly groups: number;
  /** T */
  readonly queries: number;
  /** S */
  readonly keys: number;
  /** z, the width of queries and keys. */
  readonly depth: number;
  /** h, the width of values; 0 where there are none. */
  readonly features: number;
  /** Value features that a GPU workgroup sums up; h unless values are wider than the limit. */
  readonly featureBlock: number;
  readonly causal: boolean;
  /** Dropout probability of the weights. */
  readonly rate: number;
  /** Philox stream of the dropout mask. */
  readonly stream: number;
  /** True when T x S matrices may be kept in scratch memory. */
  readonly stored: boolean;
  /** Which input is the bias vector, if there is one. */
  readonly bias?: number;
  /** Which input is the key mask, and its leading axes. */
  readonly mask?: { readonly input: number; readonly lead: Shape };
}

/** Longest sequence whose weights may be kept in scratch memory, unless the caller says otherwise. */
export const storedLengthLimit = 512;

/**
 * Widest values whose sums a GPU workgroup keeps in registers as a whole, unless the caller says
 * otherwise: 96 numbers per invocation.
 */
export const wholeWidthLimit = 384;

/** Most value features that a GPU workgroup sums up where values are wider than the limit. */
const widestBlock = 256;

/**
 * Features per workgroup for values of width `features`: blocks of equal size, in vectors of four. The
 * size is bounded, so that registers and workgroup memory do not grow with the width.
 */
function featureBlock(features: number, wholeWidth: number): number {
  if (features <= wholeWidth) return features;
  const blocks = Math.ceil(features / Math.min(widestBlock, wholeWidth));
  return 4 * Math.ceil(features / blocks / 4);
}

/**
 * Reads a problem from operands [q, k, v?, bias?, mask?, ...].
 *
 * @param hasValues False for the operands of attention weights, which have no v.
 * @throws {ShapeError} when operands do not fit together.
 */
export function readProblem(
  op: string,
  inputs: readonly TensorType[],
  attrs: Attrs,
  hasValues = true,
): Problem {
  requireTypes(op, inputs, ["f32"]);
  const fail = (detail: string): never => {
    throw new ShapeError(op, detail);
  };
  const kind = String(attrs.kind);
  if (!isKind(kind)) return fail(`unknown kind ${kind}`);
  const [q, k] = inputs;
  const text = (t: TensorType) => `[${t.shape.join(", ")}]`;
  const rank = q.shape.length;
  if (rank < 2 || k.shape.length !== rank) {
    fail(`q ${text(q)} and k ${text(k)} have different ranks`);
  }
  const lead = q.shape.slice(0, -2);
  const [queries, depth] = q.shape.slice(-2);
  const keys = k.shape[rank - 2];
  const sameLead = (t: TensorType) =>
    t.shape.length === rank && lead.every((extent, axis) => t.shape[axis] === extent);
  if (!sameLead(k) || k.shape[rank - 1] !== depth) fail(`q ${text(q)} does not fit k ${text(k)}`);
  let next = 2;
  let features = 0;
  if (hasValues) {
    const v = inputs[next++];
    if (!sameLead(v) || v.shape[rank - 2] !== keys) fail(`v ${text(v)} does not fit k ${text(k)}`);
    features = v.shape[rank - 1];
  }
  if (queries === 0 || keys === 0) fail(`no queries or no keys in q ${text(q)}, k ${text(k)}`);
  if (attrs.causal === true && queries !== keys) {
    fail(`causal attention needs as many queries as keys, not ${queries} and ${keys}`);
  }
  const rate = Number(attrs.rate);
  if (!(rate >= 0 && rate < 1)) fail(`dropout rate ${rate} is not in [0, 1)`);
  const limit = Number(attrs.storedLength);
  const wholeWidth = Number(attrs.wholeWidth);
  if (!(wholeWidth >= 1)) fail(`whole width ${wholeWidth} is less than 1`);
  const found: Problem = {
    kind,
    lead,
    groups: sizeOf(lead),
    queries,
    keys,
    depth,
    features,
    featureBlock: featureBlock(features, wholeWidth),
    causal: attrs.causal === true,
    rate,
    stream: Number(attrs.stream),
    stored: Math.max(queries, keys) <= limit,
  };
  const bias = attrs.bias === true ? next++ : undefined;
  if (bias !== undefined) {
    const t = inputs[bias];
    if (t.shape.length !== 1 || t.shape[0] !== queries + keys - 1) {
      fail(`bias ${text(t)} should be [${queries + keys - 1}]`);
    }
  }
  const mask = attrs.mask === true ? next++ : undefined;
  if (mask !== undefined) {
    const t = inputs[mask];
    const maskLead = t.shape.slice(0, -1);
    const skipped = lead.length - maskLead.length;
    const fits = skipped >= 0 && t.shape[t.shape.length - 1] === keys &&
      maskLead.every((extent, axis) => extent === 1 || extent === lead[axis + skipped]);
    if (!fits) fail(`key mask ${text(t)} does not broadcast to [${[...lead, keys].join(", ")}]`);
    return {
      ...found,
      ...(bias === undefined ? {} : { bias }),
      mask: { input: mask, lead: maskLead },
    };
  }
  return bias === undefined ? found : { ...found, bias };
}

function isKind(text: string): text is AttentionKind {
  return kinds.includes(text);
}

/** Number of inputs that {@link readProblem} consumes. */
export function operandCount(p: Problem, hasValues = true): number {
  return (hasValues ? 3 : 2) + (p.bias === undefined ? 0 : 1) + (p.mask === undefined ? 0 : 1);
}

/** Pairs of query and key that count: half of them under a causal mask. */
export function pairs(p: Problem): number {
  return p.groups * (p.causal ? p.queries * (p.keys + 1) / 2 : p.queries * p.keys);
}

/** Inputs that the forward pass reads: q, k, v and those of bias and key mask that exist. */
export function forwardInputs(p: Problem): number[] {
  return [0, 1, 2, ...optionalInputs(p)];
}

/** Positions of bias and key mask, where they exist. */
export function optionalInputs(p: Problem): number[] {
  return [
    ...(p.bias === undefined ? [] : [p.bias]),
    ...(p.mask === undefined ? [] : [p.mask.input]),
  ];
}
