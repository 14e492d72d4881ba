import { freshGraph } from "../../src/graph/build.ts";
import { fftConv } from "../fft/fft_conv.ts";
import { mul } from "../elementwise/mod.ts";
import { sum } from "../reduce/mod.ts";
import { input } from "../source/mod.ts";
import { assertClose, testDevice, testNormals } from "../../src/compiler/testing.ts";
import { evaluate } from "../../src/compiler/evaluate.ts";
import { gradients } from "../../src/compiler/gradient.ts";
import { emaScanBidirectional } from "./ema_scan.ts";

const [batch, length, features, states] = [2, 60, 5, 3];

for (const [taps, method] of [[length, "fft"], [16, "direct"]] as const) {
  Deno.test(`emaScan equals the ${method} convolution with its kernel of ${taps} taps`, async () => {
    const c = testNormals(2 * features * states, 2);
    const q = testNormals(2 * features * states, 3)
      .map((v) => Math.fround(1 / (1 + Math.exp(-1 - v))));
    const kernel = (direction: number) =>
      Float64Array.from({ length: features * taps }, (_, i) => {
        let value = 0;
        for (let n = 0; n < states; n++) {
          const at = (direction * features + Math.floor(i / taps)) * states + n;
          value += c[at] * q[at] ** (i % taps);
        }
        return value;
      });
    const feeds = new Map([
      ["x", testNormals(batch * length * features, 1)],
      ["dy", testNormals(batch * length * features, 4)],
      ["c", c],
      ["q", q],
      ["past", kernel(0)],
      ["future", kernel(1)],
    ]);
    const roots = freshGraph(() => {
      const x = input("x", [batch, length, features]);
      const weights = ["c", "q"].map((name) => input(name, [2 * features, states]));
      const kernels = ["past", "future"].map((name) => input(name, [features, taps]));
      const scan = emaScanBidirectional(x, weights[0], weights[1], { truncation: taps });
      const fft = fftConv(x, kernels[0], { method, reverse: { kernel: kernels[1] } });
      const dx = [scan, fft].map((y) =>
        gradients(sum(mul(y, input("dy", [batch, length, features]))), [x])[0]
      );
      return [scan, fft, ...dx];
    });
    for (const adapterClass of ["software", "gpu"] as const) {
      const device = await testDevice(adapterClass);
      const [scan, fft, dxScan, dxFft] = await evaluate(device, roots, feeds, { poison: true });
      assertClose(`y (${adapterClass})`, scan, fft, 5e-6);
      assertClose(`dx (${adapterClass})`, dxScan, dxFft, 5e-6);
    }
  });
}
