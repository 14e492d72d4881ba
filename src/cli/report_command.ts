/** `report`: one HTML page with the tables and figures of results. */
import { Command } from "@commander-js/extra-typings";
import { join, resolve } from "node:path";
import { baselinePaths, readResults } from "../results/tables/baselines.ts";
import { pathToWrite } from "./options.ts";
import { RESULTS_FOLDER } from "./paths.ts";

/**
 * The report's packages are fetched when it is first asked for: an import that Deno could see
 * would fetch them before every command.
 */
async function loadReport(): Promise<typeof import("../results/report/write_report.ts")> {
  const module = new URL("../results/report/write_report.ts", import.meta.url).href;
  return await import(module);
}

/** The command, for `main.ts`. */
export function reportCommand(exit: (code: number) => void) {
  return new Command("report")
    .description("Write one self-contained HTML page with tables and figures")
    .argument("[files...]", "result files (default: results/baselines/*.json)")
    .option("--output <file>", "the page (default: results/report.html)", pathToWrite)
    .option("--figures <folder>", "write every figure as SVG and PNG as well", pathToWrite)
    .addHelpText(
      "after",
      `
Examples:
  deno task report --output report.html
  deno task report results/mine.json --output mine.html --figures figures`,
    )
    .action(async (files, { output, figures }) => {
      const results = await readResults(
        files.length > 0 ? files : await baselinePaths(RESULTS_FOLDER),
      );
      const { writeReport } = await loadReport();
      const lines = await writeReport(results, {
        output: output === undefined ? join(RESULTS_FOLDER, "report.html") : resolve(output),
        figures: figures === undefined ? undefined : resolve(figures),
      });
      for (const line of lines) console.log(line);
      exit(0);
    });
}
