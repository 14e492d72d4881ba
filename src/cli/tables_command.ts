/** `tables`: the paper's tables with our results in them. */
import { Command, Option } from "@commander-js/extra-typings";
import { UserError } from "../errors.ts";
import { baselinePaths, readResults } from "../results/tables/baselines.ts";
import { buildTables } from "../results/tables/build_tables.ts";
import { updateReadme } from "../results/tables/readme.ts";
import { renderTables, tableFormats } from "../results/tables/render_tables.ts";
import { writeFileAtomic } from "../util/atomic_write.ts";
import { readRegularText } from "../util/read_regular.ts";
import { inspectTerminal } from "../util/terminal.ts";
import { pathToWrite } from "./options.ts";
import { RESULTS_FOLDER } from "./paths.ts";

/** Columns of a text table that goes to a file, where nothing has to be left out. */
const fileWidth = 200;

/** Size of a Markdown file beyond any that holds tables, bytes. */
const mostBytes = 2 ** 24;

/** The command, for `main.ts`. */
export function tablesCommand(exit: (code: number) => void) {
  return new Command("tables")
    .description("Print the paper's tables with published, third-party and measured rows")
    .argument("[files...]", "result files (default: results/baselines/*.json)")
    .option("--table <suite>", "only the tables of this suite: lra, lm, translation, ...")
    .addOption(
      new Option("--format <name>", "form of the output").choices(tableFormats).default("text"),
    )
    .option("--output <file>", "write to a file instead", pathToWrite)
    .option(
      "--update <file>",
      "rewrite the tables between the markers of this Markdown file",
      pathToWrite,
    )
    .addHelpText(
      "after",
      `
Examples:
  deno task tables
  deno task tables --table lra --format latex --output table2.tex
  deno task tables results/mine.json --format csv
  deno task tables --update README.md`,
    )
    .action(async (files, { table: only, format, output, update }) => {
      const results = await readResults(
        files.length > 0 ? files : await baselinePaths(RESULTS_FOLDER),
      );
      if (update !== undefined) {
        if (output !== undefined || only !== undefined) {
          throw new UserError("--update writes all tables into one file: leave the others out");
        }
        const text = await readRegularText(update, mostBytes);
        await writeFileAtomic(update, updateReadme(text, results, update));
        console.log(`updated the tables of ${update}`);
        return exit(0);
      }
      const tables = buildTables(results, { only });
      const terminal = inspectTerminal(Deno.stdout);
      const options = output === undefined ? terminal : { width: fileWidth };
      const text = renderTables(tables, format, options);
      if (output === undefined) console.log(text.trimEnd());
      else {
        await writeFileAtomic(output, text);
        console.log(`wrote ${output}`);
      }
      exit(0);
    });
}
