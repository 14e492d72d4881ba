import assert from "node:assert/strict";
import { assertClose, testNormals } from "../../compiler/testing.ts";
import { hermitianEigen, zeroMatrix } from "./hermitian.ts";
import { legsDense, legsNplr } from "./hippo.ts";
import { initialSystem } from "./initial_values.ts";

Deno.test("hermitianEigen reconstructs a matrix from orthonormal vectors", () => {
  for (const size of [1, 2, 7, 24]) {
    const [x, y] = [testNormals(size * size, size), testNormals(size * size, size + 1)];
    const matrix = zeroMatrix(size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        matrix.re[i * size + j] = x[i * size + j] + x[j * size + i];
        matrix.im[i * size + j] = y[i * size + j] - y[j * size + i];
      }
    }
    const { values, vectors: v } = hermitianEigen(matrix);
    assert.ok(values.every((value, k) => k === 0 || values[k - 1] <= value));
    const combine = (weight: (k: number) => number, i: number, j: number) => {
      let [re, im] = [0, 0];
      for (let k = 0; k < size; k++) {
        const [a, b, c, d] = [
          v.re[i * size + k],
          v.im[i * size + k],
          v.re[j * size + k],
          -v.im[j * size + k],
        ];
        re += weight(k) * (a * c - b * d);
        im += weight(k) * (a * d + b * c);
      }
      return { re, im };
    };
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const rebuilt = combine((k) => values[k], i, j);
        assert.ok(Math.abs(rebuilt.re - matrix.re[i * size + j]) < 1e-12 * size);
        assert.ok(Math.abs(rebuilt.im - matrix.im[i * size + j]) < 1e-12 * size);
        const unit = combine(() => 1, i, j);
        assert.ok(Math.hypot(unit.re - (i === j ? 1 : 0), unit.im) < 1e-13 * size);
      }
    }
    for (let k = 0; k < size; k++) assert.ok(v.re[k] >= 0 && Math.abs(v.im[k]) < 1e-14);
  }
});

Deno.test("hermitianEigen refuses what does not converge", () => {
  const matrix = zeroMatrix(2);
  matrix.re.set([0, 1, 1, NaN]);
  assert.throws(() => hermitianEigen(matrix), RangeError);
});

Deno.test("the decomposition of HiPPO-LegS has the published frequencies and low-rank part", () => {
  const four = legsNplr(4);
  assertClose("frequencies", four.frequencies, [-4.603293, -0.556501], 0, 5e-7);
  assertClose("Re P", four.p.re, [0.202954, 0.456957], 0, 5e-7);
  assertClose("Im P", four.p.im, [1.868511, 0.508594], 0, 5e-7);
  assertClose("Im B", four.b.im, [2.642473, 0.719261], 0, 5e-7);
  const { frequencies, p } = legsNplr(64);
  assertClose(
    "largest frequencies",
    frequencies.slice(0, 4),
    [-1303.273843, -433.030757, -258.15221, -182.620411],
    0,
    1e-6,
  );
  assertClose("smallest frequencies", frequencies.slice(30), [-0.905859, -0.263857], 0, 1e-6);
  const power = p.re.reduce((sum, x, n) => sum + 2 * (x * x + p.im[n] ** 2), 0);
  assert.ok(Math.abs(power - 2048) < 1e-9);
  assert.throws(() => legsNplr(7), RangeError);
});

Deno.test("HiPPO-LegS is half the negative identity plus a skew matrix minus P Pᵀ", () => {
  const { a, p } = legsDense(9);
  for (let n = 0; n < 9; n++) {
    for (let k = 0; k < 9; k++) {
      const sum = a[n * 9 + k] + p[n] * p[k] + a[k * 9 + n] + p[k] * p[n];
      assert.ok(Math.abs(sum - (n === k ? -1 : 0)) < 1e-12);
    }
  }
});

Deno.test("the diagonal initial systems have the published frequencies", () => {
  const inverse = initialSystem("inv", 64).a.im;
  assertClose(
    "inv",
    [...inverse.slice(0, 4), inverse[31]],
    [-1283.425461, -414.227265, -240.387626, -165.884924, -0.323362],
    0,
    1e-6,
  );
  assertClose("lin", initialSystem("lin", 6).a.im, [0, -Math.PI, -2 * Math.PI], 1e-15);
  const legs = initialSystem("legs", 64);
  assert.ok(
    legs.b.im.every((y) => Math.abs(y) <= 2) && legs.b.im.filter((y) => y === 2).length === 11,
  );
});
