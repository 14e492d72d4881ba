/** How a run is asked to stop. */

/** What {@link listenForInterrupts} gives. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Exit code of a command that was stopped: 128 and the number of the signal. */
  readonly code: () => number;
}

/** Milliseconds in which one request may arrive twice: from a scheduler and from the launcher. */
const echo = 300;

/**
 * Listens for Ctrl-C and termination; the second request ends the process at once.
 *
 * @param say Is told when the first one comes.
 */
export function listenForInterrupts(say: (line: string) => void): Interrupt {
  const controller = new AbortController();
  let code = 130;
  let askedAt = 0;
  const listen = (signal: Deno.Signal, exitCode: number) =>
    Deno.addSignalListener(signal, () => {
      if (controller.signal.aborted) {
        if (performance.now() - askedAt < echo) return;
        Deno.exit(code);
      }
      code = exitCode;
      askedAt = performance.now();
      say("stopping after this update; once more to give up at once");
      controller.abort();
    });
  listen("SIGINT", 130);
  if (Deno.build.os !== "windows") listen("SIGTERM", 143);
  return { signal: controller.signal, code: () => code };
}
