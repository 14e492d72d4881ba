/** How a run is asked to stop. */

/** What {@link interruptSignal} gives. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Exit code of a command that was stopped: 128 and the number of the signal. */
  readonly code: () => number;
}

/**
 * Listens for Ctrl-C and termination; the second request ends the process at once.
 *
 * @param say Is told when the first one comes.
 */
export function listenForInterrupts(say: (line: string) => void): Interrupt {
  const controller = new AbortController();
  let code = 130;
  const listen = (signal: Deno.Signal, exitCode: number) =>
    Deno.addSignalListener(signal, () => {
      code = exitCode;
      if (controller.signal.aborted) Deno.exit(code);
      say("stopping after this update; once more to give up at once");
      controller.abort();
    });
  listen("SIGINT", 130);
  if (Deno.build.os !== "windows") listen("SIGTERM", 143);
  return { signal: controller.signal, code: () => code };
}
