/** Entry point of all commands: parses, calls, prints; errors are one line and exit code 2. */
import { Command, CommanderError } from "@commander-js/extra-typings";
import { NoAdapterError } from "../device/device.ts";
import { UserError } from "../errors.ts";
import { cleanLine, cleanLines } from "../util/clean_text.ts";
import { writeText } from "../util/write_text.ts";
import { benchCommand } from "./bench_command.ts";
import { cellCommand } from "./cell_command.ts";
import { dataCommand } from "./data_command.ts";
import { diffCommand } from "./diff_command.ts";
import { doctorCommand } from "./doctor_command.ts";
import { END_WITH_PARENT, watchParent } from "./end_with_parent.ts";
import { generateCommand } from "./generate_command.ts";
import { mergeCommand } from "./merge_command.ts";
import { isProvided, NO_ADAPTER } from "./no_adapter.ts";
import { reportCommand } from "./report_command.ts";
import { sweepCommand } from "./sweep_command.ts";
import { translateCommand } from "./translate_command.ts";
import { tablesCommand } from "./tables_command.ts";
import { verifyCommand } from "./verify_command.ts";

/** Exit code of a program whose reader has gone, as in `... | head -1`: that of SIGPIPE. */
const NOBODY_READS = 141;

/** All commands. @param exit Receives the exit code of the one that ran. */
export function createProgram(exit: (code: number) => void): Command {
  const program = new Command("deno task")
    .description("Reproducible WebGPU benchmarks of Mega: Moving Average Equipped Gated Attention")
    .option("--verbose", "show stack traces")
    .showHelpAfterError("(--help shows the options)")
    .configureOutput({
      writeOut: (text) => writeText(Deno.stdout, text),
      // It quotes the command line.
      writeErr: (text) => writeText(Deno.stderr, cleanLines(text)),
    })
    .exitOverride();
  program.addCommand(benchCommand(exit).copyInheritedSettings(program));
  program.addCommand(cellCommand(exit).copyInheritedSettings(program), { hidden: true });
  program.addCommand(sweepCommand(exit).copyInheritedSettings(program));
  program.addCommand(generateCommand(exit).copyInheritedSettings(program));
  program.addCommand(translateCommand(exit).copyInheritedSettings(program));
  program.addCommand(verifyCommand(exit).copyInheritedSettings(program));
  program.addCommand(doctorCommand(exit).copyInheritedSettings(program));
  program.addCommand(diffCommand(exit).copyInheritedSettings(program));
  program.addCommand(tablesCommand(exit).copyInheritedSettings(program));
  program.addCommand(mergeCommand(exit).copyInheritedSettings(program));
  program.addCommand(reportCommand(exit).copyInheritedSettings(program));
  program.addCommand(dataCommand(exit, program));
  return program;
}

/** Runs a command line and returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let code = 0;
  const verbose = args.includes("--verbose");
  const program = createProgram((value) => {
    code = value;
  });
  try {
    await program.parseAsync(args.filter((arg) => arg !== "--verbose"), { from: "user" });
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return NOBODY_READS;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof NoAdapterError && isProvided(Deno.env.get("MEGA_DRIVER"))) {
      return NO_ADAPTER;
    }
    // Messages quote names and values of files.
    if (verbose && error instanceof Error) console.error(cleanLines(error.stack ?? error.message));
    else if (error instanceof UserError) console.error(`error: ${cleanLine(error.message)}`);
    else {
      const message = error instanceof Error ? error.message : String(error);
      console.error(`internal error: ${cleanLines(message)} (--verbose shows where)`);
    }
    return error instanceof UserError ? 2 : 70;
  }
  return code;
}

if (import.meta.main) {
  if (Deno.env.get(END_WITH_PARENT)) watchParent(() => Deno.exit(129));
  Deno.exit(await main(Deno.args));
}
