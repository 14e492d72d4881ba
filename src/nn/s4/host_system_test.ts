import assert from "node:assert/strict";
import { assertClose, testNormals } from "../../compiler/testing.ts";
import { readSafetensors } from "../../util/safetensors.ts";
import { combine, identity, matrixPower, product, solve, zeroMatrix } from "./complex_matrix.ts";
import {
  attunedOutput,
  denseTransition,
  type HostSystem,
  recoveredOutput,
  withConjugate,
} from "./host_system.ts";
import { initialSystem } from "./initial_values.ts";

const fixture =
  `${import.meta.dirname}/../../../fixtures/goldens/s4_kernel_dplr_legs_trained.safetensors`;

function system(states: number, dt: number): HostSystem {
  return { ...initialSystem("legs", states), dt };
}

function output(pairs: number, seed: number) {
  return { re: testNormals(pairs, seed), im: testNormals(pairs, seed + 1) };
}

Deno.test("solve inverts, and powers multiply", () => {
  const a = zeroMatrix(5);
  a.re.set(testNormals(25, 1));
  a.im.set(testNormals(25, 2));
  const unit = product(a, solve(a, identity(5)));
  assertClose("a a⁻¹", unit.re, identity(5).re, 1e-12, 0);
  const fifth = product(product(product(product(a, a), a), a), a);
  assertClose("a⁵", matrixPower(a, 5).im, fifth.im, 1e-13, 0);
  assert.throws(() => solve(zeroMatrix(2), identity(2)), RangeError);
});

Deno.test("attuned weights are C (I − Ā^length), and recovering them gives C back", () => {
  for (const [states, dt, length] of [[4, 0.1, 8], [16, 0.01, 100], [64, 0.002, 300]]) {
    const one = system(states, dt);
    const c = output(states / 2, states);
    const attuned = attunedOutput(one, c, length);
    const transition = denseTransition(one);
    const matrix = combine(identity(states), matrixPower(transition, length), -1);
    const full = withConjugate(c);
    for (let n = 0; n < states / 2; n++) {
      let [re, im] = [0, 0];
      for (let k = 0; k < states; k++) {
        const at = k * states + n;
        re += full.re[k] * matrix.re[at] - full.im[k] * matrix.im[at];
        im += full.re[k] * matrix.im[at] + full.im[k] * matrix.re[at];
      }
      assert.ok(Math.hypot(re - attuned.re[n], im - attuned.im[n]) < 1e-8, `${states} ${n}`);
    }
    const back = recoveredOutput(transition, attuned, length);
    assertClose("recovered", back.re, full.re, 1e-6, 0);
    assertClose("recovered", back.im, full.im, 1e-6, 0);
  }
});

Deno.test("attuned weights have the published values for four states", () => {
  const { re, im } = attunedOutput(
    system(4, 0.1),
    { re: Float64Array.of(1, 1), im: Float64Array.of(0, 0) },
    8,
  );
  assertClose("Re C̃", re, [0.867453, 0.622304], 0, 1e-6);
  assertClose("Im C̃", im, [0.048945, -0.150418], 0, 1e-6);
});

Deno.test("weights that forget within the kernel stay as they are", () => {
  const c = output(8, 3);
  assert.equal(attunedOutput(system(16, 0.1), c, 20_000), c);
});

Deno.test("attuned weights of a golden file are those that the reference stored", () => {
  const { tensors } = readSafetensors(Deno.readFileSync(fixture), fixture);
  const values = (name: string) => Float64Array.from(tensors.get(name)?.data ?? [], Number);
  const [real, imag, step] = ["A_real", "A_imag", "inv_dt"].map((name) => values(`param.${name}`));
  const pair = (data: Float64Array, row: number) => ({
    re: Float64Array.from({ length: 4 }, (_, n) => data[(row * 4 + n) * 2]),
    im: Float64Array.from({ length: 4 }, (_, n) => data[(row * 4 + n) * 2 + 1]),
  });
  const [length] = values("param.l_kernel");
  assert.equal(length, 40);
  for (let h = 0; h < 4; h++) {
    const one: HostSystem = {
      a: {
        re: real.slice(4 * h, 4 * h + 4).map((x) => -Math.exp(x)),
        im: imag.slice(4 * h, 4 * h + 4).map((x) => -x),
      },
      b: pair(values("param.B"), h),
      p: pair(values("param.P"), h),
      dt: Math.exp(step[h]),
    };
    const attuned = attunedOutput(one, pair(values("input.C_before_setup"), h), length);
    const stored = pair(values("param.C"), h);
    assertClose("Re C̃", attuned.re, stored.re, 1e-6);
    assertClose("Im C̃", attuned.im, stored.im, 1e-6);
  }
});
