/** WGSL generation: turns fused groups into compute shaders. */
import type { InlineContext, Node, Tensor } from "../graph/contract.ts";
import { Block, Index, u32 } from "../graph/inline.ts";
import type { LowerContext, Pass, Scratch, Strided } from "../graph/lowering.ts";
import { quarterKey, uniformOperation } from "../../kernels/random/mod.ts";
import { rowMajor } from "../../kernels/view/strided.ts";
import type { Group } from "./fusion.ts";

/** What a binding of a generated kernel refers to. */
export type Bound =
  | { readonly kind: "tensor"; readonly tensor: Tensor }
  | { readonly kind: "scratch"; readonly scratch: Scratch }
  | { readonly kind: "step" };

/** A generated compute shader. */
export interface GeneratedKernel {
  readonly label: string;
  readonly code: string;
  readonly bindings: readonly { readonly to: Bound; readonly writes: boolean }[];
  readonly groups: number;
}

/** Properties of the device that generation depends on. */
export interface Target {
  readonly adapterClass: LowerContext["adapterClass"];
  readonly subgroupSize: number;
  readonly subgroups: boolean;
  readonly workgroupMemory: number;
  readonly maxGroupsPerDimension: number;
}

/** Assembles one shader: hands out bindings and collects helper functions. */
class Module implements InlineContext {
  readonly bindings: { readonly name: string; readonly to: Bound; readonly writes: boolean }[] = [];
  readonly #helpers = new Map<string, string>();
  /** Values that this kernel has at hand instead of in memory. */
  readonly values = new Map<Tensor, string>();

  constructor(private readonly stored: ReadonlySet<Tensor>) {}

  bind(to: Bound, writes: boolean, name = `b${this.bindings.length}`): string {
    const same = (other: Bound) =>
      to.kind === "tensor"
        ? other.kind === "tensor" && other.tensor === to.tensor
        : to.kind === "scratch"
        ? other.kind === "scratch" && other.scratch.index === to.scratch.index
        : other.kind === "step";
    const known = this.bindings.find((entry) => same(entry.to));
    if (known) return known.name;
    this.bindings.push({ name, to, writes });
    return name;
  }

  require(name: string, source: string): void {
    this.#helpers.set(name, source);
  }

  stepInfo(): string {
    return this.bind({ kind: "step" }, false, "step_info");
  }

  load(tensor: Tensor, index: Index): string {
    const value = this.values.get(tensor);
    if (value !== undefined) return value;
    const { block } = index;
    const key = `t${tensor.id}@${index.key}`;
    const known = block.recall(key);
    if (known !== undefined) return known;
    const { node } = tensor;
    let expression: string;
    if (this.stored.has(tensor)) {
      expression = `${this.bind({ kind: "tensor", tensor }, false)}[${index.linear}]`;
    } else if (node.op.kind === "kernel" || node.op.kind === "source") {
      throw new Error(`${node.label}: read before it is computed`);
    } else {
      expression = node.op.emit(node, tensor.index, index, this);
    }
    const name = block.bind(tensor.dtype, expression);
    block.remember(key, name);
    return name;
  }

  /** Statements that compute and store the results of a group that follow one output. */
  storeResults(results: readonly Tensor[], index: Index): void {
    for (const tensor of results) {
      const at = index.reshaped(tensor.shape);
      const { node } = tensor;
      if (node.op.kind === "kernel" || node.op.kind === "source") {
        throw new Error(`${node.label}: not an elementwise result`);
      }
      const name = index.block.bind(tensor.dtype, node.op.emit(node, tensor.index, at, this));
      this.values.set(tensor, name);
      if (this.stored.has(tensor)) {
        const buffer = this.bind({ kind: "tensor", tensor }, true);
        index.block.lines.push(`${buffer}[${at.linear}] = ${name};`);
      }
    }
  }

  render(
    label: string,
    workgroupSize: number,
    groups: number,
    maxGroups: number,
    declarations: string,
    body: string,
  ): GeneratedKernel {
    const types = (to: Bound) =>
      to.kind === "tensor" ? to.tensor.dtype : to.kind === "scratch" ? to.scratch.dtype : "u32";
    const declared = this.bindings.map(({ name, to, writes }, k) =>
      `@group(0) @binding(${k}) var<storage, ${writes ? "read_write" : "read"}> ${name}: ` +
      `array<${types(to)}>;`
    );
    const folded = groups > maxGroups;
    const group = folded ? `wid.x + wid.y * ${u32(foldedWidth(groups, maxGroups))}` : "wid.x";
    const guard = folded ? `if (group >= ${u32(groups)}) { return; }\n` : "";
    const code = `${declared.join("\n")}
${[...this.#helpers.values()].join("\n")}
${declarations}
@compute @workgroup_size(${workgroupSize})
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
let group = ${group};
${guard}let thread = group * ${u32(workgroupSize)} + lane;
${body}
}`;
    return {
      label,
      code,
      bindings: this.bindings.map(({ to, writes }) => ({ to, writes })),
      groups,
    };
  }
}

/** Width of a two-dimensional dispatch that holds `groups` workgroups. */
export function foldedWidth(groups: number, maxGroups: number): number {
  return Math.min(maxGroups, Math.ceil(Math.sqrt(groups)));
}

/**
 * Shape of an elementwise kernel over `positions`. On software adapters starting an invocation costs
 * more than an element, so each runs over several positions, a workgroup apart.
 */
function mapShape(
  positions: number,
  target: Target,
): { readonly size: number; readonly trips: number; readonly groups: number } {
  if (target.adapterClass === "gpu") {
    return { size: 256, trips: 1, groups: Math.ceil(positions / 256) };
  }
  const size = 8 * Math.min(8, target.subgroupSize);
  const trips = Math.min(32, Math.max(1, Math.floor(positions / (16 * size))));
  return { size, trips, groups: Math.ceil(positions / (size * trips)) };
}

/** True when random numbers of the size of `tensor` are part of what is computed for it. */
function drawsRandomNumbers(tensor: Tensor, size: number, stored: ReadonlySet<Tensor>): boolean {
  return tensor.node.inputs.some((operand) =>
    !stored.has(operand) &&
    (operand.node.op === uniformOperation
      ? operand.size === size
      : drawsRandomNumbers(operand, size, stored))
  );
}

function generateMap(group: Group, stored: ReadonlySet<Tensor>, target: Target): GeneratedKernel {
  const results = group.results.map((entry) => entry.tensor);
  const [tensor] = results;
  const module = new Module(stored);
  const block = new Block();
  const quarters = results.some((result) => drawsRandomNumbers(result, tensor.size, stored)) &&
    tensor.size % 4 === 0;
  const positions = quarters ? tensor.size / 4 : tensor.size;
  const { size, trips, groups } = mapShape(positions, target);
  if (quarters) {
    // One invocation computes the four positions that share a block of random numbers.
    ["x", "y", "z", "w"].forEach((word, k) => {
      const position = block.bind("u32", k === 0 ? "e" : `e + ${u32(k * positions)}`);
      const part = new Block(block, block.counter);
      part.remember(quarterKey(position, positions), `e ${word}`);
      module.values.clear();
      module.storeResults(results, Index.fromLinear(tensor.shape, part, position));
      block.lines.push(...part.lines);
    });
  } else {
    module.storeResults(results, Index.fromLinear(tensor.shape, block, "e"));
  }
  const body = trips === 1
    ? [
      "let e = thread;",
      ...(positions === size * groups ? [] : [`if (e >= ${u32(positions)}) { return; }`]),
      ...block.lines,
    ]
    : [
      // The bound must not be a constant: drivers unroll such loops and compile ten times longer.
      `let start = group * ${u32(trips * size)};`,
      `let end = min(start + ${u32(trips * size)}, ${u32(positions)});`,
      `for (var e = start + lane; e < end; e += ${u32(size)}) {`,
      ...block.lines,
      "}",
    ];
  const label = results.map(({ node }) => node.label).join(" + ");
  return module.render(label, size, groups, target.maxGroupsPerDimension, "", body.join("\n"));
}

/** Strides of a tensor when only plain views lie between it and a stored tensor. */
function stridedView(
  tensor: Tensor,
  stored: ReadonlySet<Tensor>,
  buffer: string,
): { readonly base: Tensor; readonly strided: Strided } | undefined {
  if (stored.has(tensor)) {
    return { base: tensor, strided: { buffer, offset: 0, strides: rowMajor(tensor.shape) } };
  }
  const { node } = tensor;
  if (node.op.kind !== "view" || node.op.restride === undefined) return undefined;
  const inner = stridedView(node.inputs[0], stored, buffer);
  const strided = inner && node.op.restride(node, tensor.index, inner.strided);
  return inner && strided && { base: inner.base, strided };
}

function loadFunction(module: Module, node: Node, k: number): string {
  const tensor = node.inputs[k];
  const block = new Block();
  const names = tensor.shape.map((_, axis) => `i${axis}`);
  const value = module.load(tensor, Index.fromAxes(tensor.shape, block, names));
  const parameters = names.map((name) => `${name}: u32`).join(", ");
  return `fn in${k}(${parameters}) -> ${tensor.dtype} {\n${
    [...block.lines, `return ${value};`].join("\n")
  }\n}`;
}

function storeFunction(
  module: Module,
  group: Group,
  node: Node,
  k: number,
  stored: ReadonlySet<Tensor>,
): string {
  const tensor = node.outputs[k];
  const block = new Block();
  const names = tensor.shape.map((_, axis) => `i${axis}`);
  const index = Index.fromAxes(tensor.shape, block, names);
  module.values.set(tensor, "value");
  if (stored.has(tensor)) {
    const buffer = module.bind({ kind: "tensor", tensor }, true);
    block.lines.push(`${buffer}[${index.linear}] = value;`);
  }
  module.storeResults(
    group.results.filter((entry) => entry.lane === k).map((entry) => entry.tensor),
    index,
  );
  const parameters = [...names.map((name) => `${name}: u32`), `value: ${tensor.dtype}`].join(", ");
  return `fn out${k}(${parameters}) {\n${block.lines.join("\n")}\n}`;
}

function generatePass(
  pass: Pass,
  group: Group,
  node: Node,
  stored: ReadonlySet<Tensor>,
  target: Target,
): GeneratedKernel {
  const module = new Module(stored);
  const functions: string[] = [];
  const aliases = new Map<string, string>();
  const source = `${pass.declarations ?? ""}\n${pass.body}`;
  for (const k of pass.inputs) {
    const direct = `in${k}_buffer`;
    if (!source.includes(direct)) continue;
    const view = stridedView(node.inputs[k], stored, direct);
    if (!view) throw new Error(`${node.label}: input ${k} is not a strided view`);
    aliases.set(direct, module.bind({ kind: "tensor", tensor: view.base }, false));
  }
  const renamed = (text: string) =>
    text.replaceAll(/\bin\d+_buffer\b/g, (name) => aliases.get(name) ?? name);
  for (const k of pass.inputs) {
    if (new RegExp(`\\bin${k}\\(`).test(source)) functions.push(loadFunction(module, node, k));
  }
  for (const { scratch, access } of pass.scratch ?? []) {
    module.bind({ kind: "scratch", scratch }, access === "write", `tmp${scratch.index}`);
  }
  for (const k of pass.outputs) functions.push(storeFunction(module, group, node, k, stored));
  if (pass.usesStepInfo) module.stepInfo();
  const label = pass.outputs.length > 0 && group.results.length > 0
    ? `${node.label}.${pass.name} + ${group.results.map((r) => r.tensor.node.op.name).join(" + ")}`
    : `${node.label}.${pass.name}`;
  return module.render(
    label,
    pass.workgroupSize,
    pass.groups,
    target.maxGroupsPerDimension,
    `${functions.join("\n")}\n${renamed(pass.declarations ?? "")}`,
    renamed(pass.body),
  );
}

/** Kernels of one group, and the scratch memory that they share. */
export function generate(
  group: Group,
  stored: ReadonlySet<Tensor>,
  target: Target,
): { readonly kernels: GeneratedKernel[]; readonly scratch: Scratch[] } {
  const node = group.anchor;
  if (!node) return { kernels: [generateMap(group, stored, target)], scratch: [] };
  const scratch: Scratch[] = [];
  const context: LowerContext = {
    adapterClass: target.adapterClass,
    subgroupSize: target.subgroupSize,
    subgroups: target.subgroups,
    workgroupMemory: target.workgroupMemory,
    scratch: (size, dtype = "f32") => {
      const entry: Scratch = { index: scratch.length, size, dtype };
      scratch.push(entry);
      return entry;
    },
    strided: (k) => stridedView(node.inputs[k], stored, `in${k}_buffer`)?.strided,
  };
  const passes = node.op.lower(node, context);
  return {
    kernels: passes.map((pass) => generatePass(pass, group, node, stored, target)),
    scratch,
  };
}
