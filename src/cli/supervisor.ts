import { END_WITH_PARENT, tiedToParent } from "./end_with_parent.ts";

/** A program to run in the launcher's place. */
export interface ChildCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** What to add to the environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Options of {@link Supervisor}. */
export interface SupervisorOptions {
  /** Milliseconds that a child is given to end by itself. */
  readonly grace: number;
  /** Whether the child shares a terminal with this process, which sends Ctrl-C to both. */
  readonly terminal: boolean;
  /** Ends what runs before there is a child. */
  readonly beforeChild: () => void;
  readonly say: (line: string) => void;
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;
type EndSignal = keyof typeof SIGNALS;

/** A request that comes this soon after another is the same one, sent to the process and its group. */
const SAME_REQUEST = 300;

/**
 * Runs a child and ends it with this process: signals are passed on; a child that does not end in
 * time, or that is asked twice, is killed, which loses nothing that was written.
 */
export class Supervisor implements Disposable {
  readonly #options: SupervisorOptions;
  readonly #listeners: (() => void)[] = [];
  #child: Deno.ChildProcess | undefined;
  #request: { readonly signal: EndSignal; readonly at: number } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #killed = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const signals: readonly EndSignal[] = Deno.build.os === "windows"
      ? ["SIGINT"]
      : ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
    for (const signal of signals) {
      const listener = () => this.end(signal);
      Deno.addSignalListener(signal, listener);
      this.#listeners.push(() => Deno.removeSignalListener(signal, listener));
    }
  }

  /**
   * Runs a program to its end, with this process's input and output.
   *
   * @returns Its exit code; 128 and the number of the signal that ended it.
   */
  async run({ program, args, cwd, env }: ChildCommand): Promise<number> {
    const [tied, tiedArgs] = tiedToParent(program, args);
    this.#child = new Deno.Command(tied, {
      args: tiedArgs,
      cwd,
      env: { ...env, [END_WITH_PARENT]: "1" },
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
    const { code } = await this.#child.status;
    this.#child = undefined;
    clearTimeout(this.#timer);
    return this.#killed && this.#request !== undefined ? 128 + SIGNALS[this.#request.signal] : code;
  }

  /** Whether somebody asked for the end. */
  get ending(): boolean {
    return this.#request !== undefined;
  }

  /** Asks for the end, as a signal to this process does. */
  end(signal: EndSignal): void {
    if (this.#child === undefined) {
      this.#options.beforeChild();
      Deno.exit(128 + SIGNALS[signal]);
    }
    const now = performance.now();
    if (!(signal === "SIGINT" && this.#options.terminal)) this.#send(signal);
    if (this.#request === undefined) {
      this.#request = { signal, at: now };
      this.#timer = setTimeout(() => this.#kill(), this.#options.grace);
    } else if (now - this.#request.at > SAME_REQUEST) {
      this.#kill();
    }
  }

  #kill(): void {
    if (this.#killed) return;
    this.#killed = true;
    this.#options.say("the command did not end by itself and was killed; its files are whole");
    this.#send("SIGKILL");
  }

  #send(signal: Deno.Signal): void {
    try {
      this.#child?.kill(signal);
    } catch (error) {
      // It has just ended.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const stop of this.#listeners.splice(0)) stop();
  }
}
