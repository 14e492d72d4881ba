/** `doctor`: what this machine offers and what is missing. */
import { Command } from "@commander-js/extra-typings";
import { doctor } from "./doctor.ts";

/** The command, for `main.ts`. */
export function doctorCommand(exit: (code: number) => void) {
  return new Command("doctor")
    .description("Show adapter, driver, limits, measured rates, and what is missing")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  deno task doctor
  deno task doctor --json > doctor.json`,
    )
    .action(async ({ json }) => exit(await doctor({ json: json ?? false })));
}
