/** `verify`: runs modules on golden files and compares everything that the files hold. */
import { Command } from "@commander-js/extra-typings";
import { openDevice } from "../device/device.ts";
import { UserError } from "../errors.ts";
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
      const refused: UserError[] = [];
      for (const file of files) {
        try {
          reports.push(await verifyFile(device, file));
        } catch (error) {
          // Files that cannot be judged do not keep the others from being judged.
          if (!(error instanceof UserError)) throw error;
          refused.push(error);
        }
      }
      device.destroy();
      if (reports.length > 0) console.log(formatReport(reports));
      for (const error of refused.slice(1)) console.error(`error: ${error.message}`);
      if (refused.length > 0) throw refused[0];
      exit(reports.every((report) => report.passed) ? 0 : 1);
    });
}
