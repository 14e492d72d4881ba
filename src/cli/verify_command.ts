/** `verify`: runs modules on golden files and compares everything that the files hold. */
import { Command } from "@commander-js/extra-typings";
import { openDevice } from "../device/device.ts";
import { formatReport } from "../eval/verify/report.ts";
import { verifyFile, type VerifyReport } from "../eval/verify/verify.ts";

/** The command, for `main.ts`. */
export function verifyCommand(exit: (code: number) => void) {
  return new Command("verify")
    .description("Compare modules with golden safetensors files: outputs, gradients, trajectories")
    .argument("<files...>", "golden files; their metadata says what to build")
    .addHelpText(
      "after",
      `
Examples:
  deno task verify fixtures/goldens/ema_causal.safetensors
  deno task verify fixtures/goldens/*.safetensors`,
    )
    .action(async (files) => {
      const device = await openDevice();
      const reports: VerifyReport[] = [];
      for (const file of files) reports.push(await verifyFile(device, file));
      console.log(formatReport(reports));
      device.destroy();
      exit(reports.every((report) => report.passed) ? 0 : 1);
    });
}
