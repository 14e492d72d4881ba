import { NoAdapterError } from "../device/device.ts";
import type { Adapter } from "./adapter.ts";
import { NO_ADAPTER } from "./no_adapter.ts";

/** Exit codes of a crash: by SIGILL, SIGABRT, SIGBUS and SIGSEGV. */
const CRASHES: readonly number[] = [132, 134, 135, 139];

/** What {@link runMending} needs. */
export interface MendingRun {
  /** The adapter that was prepared; none for commands without one. */
  readonly adapter: Adapter | undefined;
  /** Runs the command with these additions to its environment. @returns Its exit code. */
  readonly run: (environment: Adapter["environment"]) => Promise<number>;
  /** Whether somebody asked for the end. */
  readonly ending: () => boolean;
  readonly say: (line: string) => void;
}

/**
 * Runs a command. When it finds no adapter because the provided driver is damaged, the driver is
 * mended and the command run again; when it crashes, the driver is examined.
 *
 * @returns The command's exit code.
 * @throws {NoAdapterError} when there is no adapter and nothing was damaged.
 */
export async function runMending({ adapter, run, ending, say }: MendingRun): Promise<number> {
  const code = await run(adapter?.environment ?? {});
  if (ending()) return code;
  if (code === NO_ADAPTER) {
    const mended = await adapter?.mend();
    const again = mended === undefined ? code : await run(mended);
    if (again !== NO_ADAPTER) return again;
    throw new NoAdapterError();
  }
  if (CRASHES.includes(code) && await adapter?.mend() !== undefined) {
    say("the damaged driver may have been what ended the command: start it again");
  }
  return code;
}
