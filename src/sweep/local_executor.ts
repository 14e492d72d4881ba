/** Runs jobs as processes on this machine. */
import { setTimeout as sleep } from "node:timers/promises";
import { writeError } from "../util/atomic_write.ts";
import { shellLine, shellWord } from "../util/shell_word.ts";
import { cancelSeconds, type Executor, type JobRun, type JobStatus } from "./executor.ts";

/** Options of a {@link LocalExecutor}. */
export interface LocalOptions {
  /** Processes at a time. */
  readonly processes: number;
  /** Additions to the environment, one for each adapter; processes take turns. */
  readonly adapters: readonly Readonly<Record<string, string>>[];
  /** Folder in which the processes start. */
  readonly root: string;
}

interface Running {
  readonly process: Deno.ChildProcess;
  readonly slot: number;
  /** Settles when the process has ended and its output is in the log. */
  readonly ended: Promise<void>;
}

/** Time to end by itself, milliseconds. */
const GRACE_MS = 1000 * cancelSeconds - 500;
/** Time for the last output of a process to be copied. */
const OUTPUT_MS = 200;
/** Time for a launcher that is asked twice to kill what it started. */
const LAST_MS = 250;

/** See the module comment. */
export class LocalExecutor implements Executor {
  readonly name = "local";
  readonly capacity: number;
  readonly #options: LocalOptions;
  readonly #running = new Map<number, Running>();
  readonly #states = new Map<number, JobStatus>();

  constructor(options: LocalOptions) {
    this.capacity = options.processes;
    this.#options = options;
  }

  /** Nothing: processes of a controller that was killed notice that it is gone, and end. */
  adopt(): Promise<readonly JobRun[]> {
    return Promise.resolve([]);
  }

  /** @throws {UserError} when a log cannot be written. */
  async submit(runs: readonly JobRun[]): Promise<void> {
    for (const run of runs) await this.#start(run);
  }

  poll(): Promise<ReadonlyMap<number, JobStatus>> {
    return Promise.resolve(this.#states);
  }

  async cancel(): Promise<void> {
    const ended = Promise.all([...this.#running.values()].map((one) => one.ended));
    // A launcher takes the second request for leave to kill.
    for (const wait of [GRACE_MS, LAST_MS]) {
      this.#signal("SIGTERM");
      await Promise.race([ended, sleep(wait)]);
      if (this.#running.size === 0) return;
    }
    this.#signal("SIGKILL");
    await Promise.race([ended, sleep(LAST_MS)]);
  }

  #signal(signal: Deno.Signal): void {
    for (const { process } of this.#running.values()) signalTo(process, signal);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  describe(runs: readonly JobRun[]): Promise<string> {
    const { processes, adapters } = this.#options;
    const lines = runs.map(({ argv }) => shellLine(argv));
    const turns = adapters.flatMap((adapter) =>
      Object.entries(adapter).map(([name, value]) => `${name}=${shellWord(value)}`)
    );
    const turn = turns.length > 0 ? `, in turn with ${turns.join(" and ")}` : "";
    return Promise.resolve([`# ${processes} at a time${turn}`, ...lines].join("\n"));
  }

  async #start({ index, argv: [program, ...args], environment, log }: JobRun): Promise<void> {
    const { processes, adapters, root } = this.#options;
    const taken = new Set([...this.#running.values()].map(({ slot }) => slot));
    const slot = Array.from({ length: processes }, (_, i) => i).find((i) => !taken.has(i)) ?? 0;
    const file = await openLog(log);
    const process = new Deno.Command(program, {
      args,
      cwd: root,
      clearEnv: true,
      env: { ...environment, ...adapters[slot % adapters.length] },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      // Ctrl-C reaches the whole group of the terminal: a job would take it for a second request.
      detached: true,
    }).spawn();
    const output = copyAll([process.stdout, process.stderr], file);
    const ended = process.status.then(async ({ code, signal }) => {
      // Something that it started and that goes on may keep the stream open.
      await Promise.race([output, sleep(OUTPUT_MS)]);
      this.#running.delete(index);
      this.#states.set(index, {
        kind: "ended",
        code: signal === null ? code : null,
        reason: signal === null ? null : `ended by ${signal}`,
      });
    });
    this.#running.set(index, { process, slot, ended });
    this.#states.set(index, { kind: "running", place: null });
  }
}

async function openLog(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { create: true, append: true });
  } catch (error) {
    throw writeError(error, path);
  }
}

/** Copies streams to one file as their bytes come, and closes it. */
async function copyAll(
  streams: readonly ReadableStream<Uint8Array<ArrayBuffer>>[],
  file: Deno.FsFile,
): Promise<void> {
  using log = file;
  // A full disk costs the log, not the job: the stream is read on, or the job would stop.
  await Promise.all(streams.map(async (stream) => {
    let broken = false;
    for await (const bytes of stream) {
      if (broken) continue;
      try {
        for (let at = 0; at < bytes.length;) at += await log.write(bytes.subarray(at));
      } catch {
        broken = true;
      }
    }
  }));
}

function signalTo(process: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch (error) {
    // It has ended in the meantime.
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}
