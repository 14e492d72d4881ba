/**
 * Optimiser kernels over one flat parameter buffer whose parameters start at multiples of
 * `blockSize` elements (the gaps stay zero).
 *
 * Adam with decoupled weight decay, to the letter of the reference implementation: the gradient is
 * first scaled (1 / number of sentences) and clipped by its global norm,
 *   m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²,
 *   θ ← θ (1 − lr wd),   θ ← θ − lr √(1 − β₂ᵘ)/(1 − β₁ᵘ) · m / (√v + ε),
 * with ε added to the uncorrected √v and the decay applied first.
 */

/** Elements per block; 256 bytes, so that every parameter can be bound on its own. */
export const blockSize = 64;

/** Positions in the settings buffer (f32). */
export const setting = {
  learningRate: 0,
  beta1: 1,
  beta2: 2,
  epsilon: 3,
  weightDecay: 4,
  /** Largest gradient norm; 0 switches clipping off. */
  clipNorm: 5,
  /** √(1 − β₂ᵘ)/(1 − β₁ᵘ) */
  correction: 6,
  /** Factor that turns summed gradients into mean gradients. */
  gradientScale: 7,
} as const;

/** Number of settings, with room to align. */
export const settingCount = 8;

/**
 * Partial sums of squares; bindings: gradients, partial (written).
 *
 * @param interleaved Neighbouring invocations read neighbouring elements, as GPUs like it; otherwise
 * every invocation reads elements in a row.
 */
export function squareSums(
  elements: number,
  parts: number,
  lanes: number,
  interleaved: boolean,
): string {
  const chunk = Math.ceil(elements / parts);
  const range = interleaved
    ? { start: "id.x", end: `${elements}u`, step: `${parts}u` }
    : { start: `id.x * ${chunk}u`, end: `min((id.x + 1u) * ${chunk}u, ${elements}u)`, step: "1u" };
  return `@group(0) @binding(0) var<storage, read> gradients: array<f32>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= ${parts}u) { return; }
  let end = ${range.end};
  var acc = 0.0f;
  for (var i = ${range.start}; i < end; i += ${range.step}) { acc += gradients[i] * gradients[i]; }
  partial[id.x] = acc;
}`;
}

/**
 * Norm of the scaled gradient; bindings: partial, settings, norm (written). One workgroup.
 *
 * @param lanes Its invocations, a power of two.
 */
export function gradientNorm(parts: number, lanes: number): string {
  return `@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read> settings: array<f32>;
@group(0) @binding(2) var<storage, read_write> norm: array<f32>;
var<workgroup> sums: array<f32, ${lanes}>;
@compute @workgroup_size(${lanes})
fn main(@builtin(local_invocation_index) lane: u32) {
  var acc = 0.0f;
  for (var i = lane; i < ${parts}u; i += ${lanes}u) { acc += partial[i]; }
  sums[lane] = acc;
  workgroupBarrier();
  for (var width = ${lanes >> 1}u; width > 0u; width = width / 2u) {
    if (lane < width) { sums[lane] += sums[lane + width]; }
    workgroupBarrier();
  }
  if (lane == 0u) { norm[0] = sqrt(sums[0]) * settings[${setting.gradientScale}]; }
}`;
}

/**
 * The update; bindings: gradients, settings, norm, scales, parameters, first and second moments
 * (written). `scales` holds a learning-rate and a weight-decay factor for every block.
 */
export function adamw(elements: number, lanes: number): string {
  const s = (name: keyof typeof setting) => `settings[${setting[name]}]`;
  return `@group(0) @binding(0) var<storage, read> gradients: array<f32>;
@group(0) @binding(1) var<storage, read> settings: array<f32>;
@group(0) @binding(2) var<storage, read> norm: array<f32>;
@group(0) @binding(3) var<storage, read> scales: array<f32>;
@group(0) @binding(4) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(5) var<storage, read_write> first: array<f32>;
@group(0) @binding(6) var<storage, read_write> second: array<f32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32,
        @builtin(num_workgroups) groups: vec3<u32>) {
  let i = (group.x + group.y * groups.x) * ${lanes}u + lane;
  if (i >= ${elements}u) { return; }
  var clip = 1.0f;
  if (${s("clipNorm")} > 0.0f) { clip = min(1.0f, ${s("clipNorm")} / (norm[0] + 1e-6f)); }
  let g = gradients[i] * (${s("gradientScale")} * clip);
  let m = ${s("beta1")} * first[i] + (1.0f - ${s("beta1")}) * g;
  let v = ${s("beta2")} * second[i] + (1.0f - ${s("beta2")}) * g * g;
  first[i] = m;
  second[i] = v;
  let block = i / ${blockSize}u;
  let rate = ${s("learningRate")} * scales[2u * block];
  let decayed = parameters[i] - rate * ${
    s("weightDecay")
  } * scales[2u * block + 1u] * parameters[i];
  parameters[i] = decayed - rate * ${s("correction")} * m / (sqrt(v) + ${s("epsilon")});
}`;
}

/** Adds a micro-batch; bindings: gradients, sums (written). */
export function accumulate(elements: number, lanes: number): string {
  return `@group(0) @binding(0) var<storage, read> gradients: array<f32>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32,
        @builtin(num_workgroups) groups: vec3<u32>) {
  let i = (group.x + group.y * groups.x) * ${lanes}u + lane;
  if (i < ${elements}u) { sums[i] += gradients[i]; }
}`;
}
