/**
 * EMA over one or a few tokens, for incremental decoding (`MultiHeadEMA.step` of
 * `fairseq/modules/exponential_moving_average.py`; `state_operation.ts` has the formula).
 *
 * One kernel without scratch memory or divisions; every sequence and feature walks through its tokens.
 */
import { apply } from "../../src/graph/build.ts";
import type { Tensor } from "../../src/graph/contract.ts";
import type { EmaWithState } from "./ema_scan_state.ts";
import { lanes } from "./scan_lowering.ts";
import { stateOperation } from "./state_operation.ts";
import { addToSum, each, overTime, sumOf } from "./sweeps.ts";

const stepOperation = stateOperation("emaStep", (geometry, ctx) => {
  const { batch, length, features, states } = geometry;
  const workgroupSize = lanes(ctx);
  const walk = overTime(
    geometry,
    "forward",
    0,
    length,
    Math.min(length, 4),
    (times) =>
      times.map(({ t }, k) => `let x${k} = in0(b, ${t}, d);\n`).join("") +
      each(states, (n) =>
        times.map((_, k) =>
          `h${n} = fma(q${n}, h${n}, w${n} * x${k}); ${addToSum(`y${k}`, n, `g${n}`, `h${n}`)}`
        ).join("\n")) +
      times.map(({ t }, k) =>
        `\nout0(b, ${t}, d, ${sumOf(`y${k}`, states)});`
      ).join(""),
  );
  return [{
    name: "step",
    inputs: [0, 1, 2, 3, 4],
    outputs: [0, 1],
    workgroupSize,
    groups: Math.ceil(batch * features / workgroupSize),
    body: `if (thread < ${batch * features}u) {
let d = thread % ${features}u;
let b = thread / ${features}u;
${
      each(states, (n) =>
        `let w${n} = in2(d, ${n}u); let q${n} = in3(d, ${n}u); let g${n} = in4(d, ${n}u);` +
        ` var h${n} = in1(b, d, ${n}u);`)
    }
${walk}
${each(states, (n) => `out1(b, d, ${n}u, h${n});`)}
}`,
  }];
});

/**
 * Advances the EMA over a few tokens `x` [B, L, D] from `state` [B, D, N]: `emaScanWithState` for
 * short L, with gradients of all operands.
 *
 * @param w p β, the weight of an input, [D, N].
 * @param q Decays between 0 and 1, [D, N].
 * @param g γ / √N, the weight of a state, [D, N].
 * @throws {ShapeError} when shapes do not fit.
 */
export function emaStep(x: Tensor, state: Tensor, w: Tensor, q: Tensor, g: Tensor): EmaWithState {
  const [y, next] = apply(stepOperation, [x, state, w, q, g]).outputs;
  return { y, state: next };
}
