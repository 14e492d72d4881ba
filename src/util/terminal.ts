/** What an output stream can show. */
export interface TerminalInfo {
  /** Whether a person watches: lines may be rewritten. */
  isTerminal: boolean;
  /** Whether to use colour. */
  colour: boolean;
  /** Columns of the terminal, or 100 where there is none. */
  width: number;
}

/** Width for output that goes to a file or a pipe. */
const defaultWidth = 100;

/**
 * Looks at standard output or standard error. Colour needs a terminal and an empty NO_COLOR
 * (no-color.org) and a TERM other than dumb.
 */
export function inspectTerminal(stream: { isTerminal(): boolean }): TerminalInfo {
  const isTerminal = stream.isTerminal();
  if (!isTerminal) return { isTerminal, colour: false, width: defaultWidth };
  const colour = !Deno.noColor && readTerm() !== "dumb";
  return { isTerminal, colour, width: readWidth() };
}

function readTerm(): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: "TERM" });
  return state === "granted" ? Deno.env.get("TERM") : undefined;
}

function readWidth(): number {
  try {
    return Deno.consoleSize().columns || defaultWidth;
  } catch {
    // Standard output and input may both be redirected while standard error is a terminal.
    return defaultWidth;
  }
}
