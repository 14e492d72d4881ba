/** What a finished program left. */
export interface ProgramResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** The last non-empty line of the error output, for messages. */
  readonly complaint: string;
}

/** Options of {@link runProgram}. */
export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const running = new Set<Deno.ChildProcess>();

/** Ends all programs that {@link runProgram} is waiting for. */
export function endPrograms(): void {
  for (const program of running) {
    try {
      program.kill("SIGKILL");
    } catch (error) {
      // It has ended, but something that it started still has its output.
      if (!(error instanceof TypeError)) throw error;
    }
  }
}

/** Runs a program to its end, in the C locale, without terminal input; never throws. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  try {
    const child = new Deno.Command(program, {
      args: [...args],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { LC_ALL: "C.UTF-8", ...options.env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    running.add(child);
    const output = await child.output().finally(() => running.delete(child));
    const decoder = new TextDecoder();
    const complaints = decoder.decode(output.stderr).split("\n").map((line) => line.trim());
    return {
      ok: output.success,
      stdout: decoder.decode(output.stdout),
      complaint: complaints.findLast((line) => line !== "" && !line.startsWith("W:")) ??
        `${program} ended with code ${output.code}`,
    };
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    return {
      ok: false,
      stdout: "",
      complaint: missing ? `${program} is not installed` : `${program}: ${String(error)}`,
    };
  }
}
