/** Dense discrete systems of low-rank golden files, on the host in float64. */
import { denseInput, denseTransition, recoveredOutput } from "../../../nn/s4/host_system.ts";
import type { S4KernelOptions } from "../../../nn/s4/options.ts";
import { positiveValue } from "../../../nn/s4/transforms.ts";
import type { Golden, GoldenTensor } from "../golden.ts";
import type { Produced } from "../run_module.ts";

function tensor(golden: Golden, name: string): GoldenTensor {
  const found = golden.parameters.get(name);
  if (found === undefined) throw new RangeError(`param.${name} is missing`);
  return found;
}

/** Row `row` of a tensor [..., M, 2] as two vectors. */
function pairs({ values, shape }: GoldenTensor, row: number) {
  const count = shape[shape.length - 2];
  const part = (offset: number) =>
    Float64Array.from({ length: count }, (_, n) => values[(row * count + n) * 2 + offset]);
  return { re: part(0), im: part(1) };
}

/** `output.dA_dense` [H, N, N, 2], `output.dB` [H, N, 2] and `output.dC_recovered` [C, H, N, 2]. */
export function denseSystems(golden: Golden, options: S4KernelOptions, length: number): Produced[] {
  const step = tensor(golden, "inv_dt");
  const real = tensor(golden, "A_real");
  const imag = tensor(golden, "A_imag");
  const c = tensor(golden, "C");
  const [rows, features, count] = c.shape;
  const size = 2 * count;
  const transitions = new Float64Array(features * size * size * 2);
  const inputs = new Float64Array(features * size * 2);
  const outputs = new Float64Array(rows * features * size * 2);
  for (let h = 0; h < features; h++) {
    const set = h % real.shape[0];
    const pole = (values: ArrayLike<number>, kind: S4KernelOptions["realTransform"]) =>
      Float64Array.from({ length: count }, (_, n) => -positiveValue(kind, values[set * count + n]));
    const system = {
      a: {
        re: pole(real.values, options.realTransform),
        im: pole(imag.values, options.imagTransform),
      },
      b: pairs(tensor(golden, "B"), set),
      p: pairs(tensor(golden, "P"), set),
      dt: positiveValue(options.dtTransform, step.values[h]),
    };
    const transition = denseTransition(system);
    transition.re.forEach((x, i) => {
      transitions.set([x, transition.im[i]], (h * size * size + i) * 2);
    });
    const input = denseInput(system, transition);
    input.re.forEach((x, i) => inputs.set([x, input.im[i]], (h * size + i) * 2));
    for (let row = 0; row < rows; row++) {
      const output = recoveredOutput(transition, pairs(c, row * features + h), length);
      output.re.forEach((x, i) =>
        outputs.set([x, output.im[i]], ((row * features + h) * size + i) * 2)
      );
    }
  }
  return [
    { name: "output.dA_dense", values: transitions },
    { name: "output.dB", values: inputs },
    { name: "output.dC_recovered", values: outputs },
  ];
}
