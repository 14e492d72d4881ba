/**
 * A process that outlives the one that started it would go on computing with nobody to stop it.
 * The launcher marks what it starts with {@link END_WITH_PARENT}; whatever that starts inherits it.
 */

/** The environment variable that asks a process to end with its parent. */
export const END_WITH_PARENT = "MEGA_END_WITH_PARENT";

/** Milliseconds between looks at the parent. */
const INTERVAL = 500;

/**
 * Calls back once when the parent process is gone. It keeps nothing alive, and notices nothing
 * while the thread is busy.
 *
 * @param parent The current parent's process id; tests pass another.
 */
export function watchParent(onGone: () => void, parent = () => Deno.ppid): void {
  const first = parent();
  const timer = setInterval(() => {
    if (parent() === first) return;
    clearInterval(timer);
    onGone();
  }, INTERVAL);
  Deno.unrefTimer(timer);
}

/**
 * The command line that makes the kernel of Linux kill a program when its parent ends, however that
 * ends and however busy the program is; the command line as it is where that cannot be had.
 */
export function tiedToParent(program: string, args: readonly string[]): [string, string[]] {
  const plain: [string, string[]] = [program, [...args]];
  if (Deno.build.os !== "linux") return plain;
  try {
    // That of BusyBox, a link to it, does not know the option.
    const setpriv = Deno.realPathSync("/usr/bin/setpriv");
    if (!setpriv.endsWith("/setpriv")) return plain;
    return [setpriv, ["--pdeathsig", "KILL", "--", program, ...args]];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return plain;
    throw error;
  }
}
