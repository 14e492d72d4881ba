/** `verify`: runs modules and text tools on golden files and compares everything that they hold. */
import { Command } from "@commander-js/extra-typings";
import { resolve } from "node:path";
import { type Device, openDevice } from "../device/device.ts";
import { UserError } from "../errors.ts";
import { formatReport } from "../eval/verify/report.ts";
import { isTextGolden, verifyTextFile } from "../eval/verify/text/verify_text.ts";
import { verifyFile, type VerifyReport } from "../eval/verify/verify.ts";
import { cleanLine, cleanLines } from "../util/clean_text.ts";

/** The command, for `main.ts`. */
export function verifyCommand(exit: (code: number) => void) {
  return new Command("verify")
    .description(
      "Compare modules, models and searches (golden safetensors files) and text tools (golden JSON files)",
    )
    .argument("<files...>", "golden files; their metadata says what to build")
    .option("--data <folder>", "folder of large files that golden JSON files name")
    .addHelpText(
      "after",
      `
Examples:
  deno task verify fixtures/goldens/ema_causal.safetensors
  deno task verify fixtures/goldens/*.safetensors
  deno task verify fixtures/goldens/{gca,nmt,beam}_*.safetensors
  deno task verify fixtures/goldens_text/*.json`,
    )
    .action(async (files, { data }) => {
      const dataDir = data === undefined ? undefined : resolve(data);
      let device: Device | undefined;
      const reports: VerifyReport[] = [];
      const refused: UserError[] = [];
      for (const file of files) {
        try {
          const report = isTextGolden(file)
            ? await verifyTextFile(file, { dataDir })
            : await verifyFile(device ??= await openDevice(), file);
          reports.push(report);
        } catch (error) {
          // Files that cannot be judged do not keep the others from being judged.
          if (!(error instanceof UserError)) throw error;
          refused.push(error);
        }
      }
      device?.destroy();
      if (reports.length > 0) console.log(cleanLines(formatReport(reports)));
      for (const error of refused.slice(1)) console.error(`error: ${cleanLine(error.message)}`);
      if (refused.length > 0) throw refused[0];
      exit(reports.every((report) => report.passed) ? 0 : 1);
    });
}
