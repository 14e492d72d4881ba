/** Kind `elementwise`: activation and attention functions, with derivatives. */
import type { Device } from "../../../device/device.ts";
import { UserError } from "../../../errors.ts";
import { evaluate } from "../../../compiler/evaluate.ts";
import { gradients } from "../../../compiler/gradient.ts";
import { freshGraph } from "../../../graph/build.ts";
import type { Tensor } from "../../../graph/contract.ts";
import { activate, type ActivationName, activationNames } from "../../../nn/activations.ts";
import type { Golden } from "../golden.ts";
import { cotangentLoss, type Produced } from "../run_module.ts";

function isActivation(name: string): name is ActivationName {
  return activationNames.some((each) => each === name);
}

/** Every function that the file names in `output.<function>`. */
export async function verifyElementwise(device: Device, golden: Golden): Promise<Produced[]> {
  const roots = freshGraph(() => {
    const built = new Map<string, Tensor>();
    const x = golden.input("x");
    for (const name of golden.expectedNames("output.")) {
      if (!isActivation(name)) {
        throw new UserError(`${golden.where}: output.${name}: unknown function ${name}`);
      }
      const y = activate(name, x);
      built.set(`output.${name}`, y);
      built.set(`grad.input.x.${name}`, gradients(cotangentLoss(golden, y), [x])[0]);
    }
    return built;
  });
  const values = await evaluate(device, [...roots.values()], golden.feeds(), { poison: true });
  return [...roots.keys()].map((name, i) => ({ name, values: values[i] }));
}
