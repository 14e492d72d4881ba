/**
 * A lock on a folder that survives what processes, hosts and network file systems do.
 *
 * Lock files are numbered, and the highest number is the lock. It is taken by making the next
 * number, which only one process can. A lock may be taken when its holder has given it back or is
 * gone: on the same host the system says so at once, otherwise its file is watched for a minute,
 * since the clocks of two hosts cannot be compared. A holder that was taken for gone (its host was
 * suspended) finds out by `check`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../errors.ts";
import { temporaryPath, writeError } from "./atomic_write.ts";
import {
  highestLock,
  type Holder,
  isKept,
  lockNumbers,
  lockPath,
  readLock,
  systemTryLock,
  type TryLock,
  writeFree,
  writeHolder,
} from "./lock_file.ts";
import { hostName } from "./host_name.ts";
import { type Link, publishNew } from "./publish_new.ts";

/** Another process has the lock; one line that names it. */
export class LockedError extends UserError {
  /** @param message One line. */
  constructor(message: string) {
    super(message);
    this.name = "LockedError";
  }
}

/** What an acquisition may be given. */
export interface LockOptions {
  /** Is told when a holder has to be watched before it is known whether it lives. */
  readonly report?: (message: string) => void;
  /** Ends the watching; `acquire` then throws its reason. */
  readonly signal?: AbortSignal;
  /** Stands for the system in tests. */
  readonly system?: Partial<LockSystem>;
}

/** What a lock needs of the system. */
export interface LockSystem {
  /** Name of this host; `null` when it is not known. */
  readonly host: string | null;
  readonly tryLock: TryLock;
  readonly link: Link;
  readonly delay: (milliseconds: number) => Promise<void>;
  /** Calls back again and again, without keeping the process alive, until it is told to stop. */
  readonly every: (milliseconds: number, beat: () => void) => () => void;
}

const BEAT_MS = 10_000;
const LOOK_MS = 2_000;
/** Six missed beats. */
const WATCH_MS = 60_000;
const MOST_VANISHED = 10;

/** See the module comment. Use with `await using`. */
export class FolderLock implements AsyncDisposable {
  readonly #folder: string;
  readonly #number: number;
  readonly #token: string;
  readonly #tryLock: TryLock;
  readonly #stop: () => void;
  #file: Deno.FsFile | undefined;
  #beat: Promise<void> = Promise.resolve();

  private constructor(
    folder: string,
    number: number,
    token: string,
    file: Deno.FsFile,
    { tryLock, every }: LockSystem,
  ) {
    this.#folder = folder;
    this.#number = number;
    this.#token = token;
    this.#file = file;
    this.#tryLock = tryLock;
    this.#stop = every(BEAT_MS, () => {
      const now = new Date();
      // Nothing is lost when it fails: others may take the lock, and `check` says so.
      this.#beat = file.utime(now, now).catch(() => undefined);
    });
  }

  /**
   * Locks a folder, which is made when it is missing.
   *
   * @throws {LockedError} when another process, or another part of this one, has the lock.
   * @throws {UserError} when the folder cannot be written.
   */
  static async acquire(folder: string, options: LockOptions = {}): Promise<FolderLock> {
    const { signal } = options;
    const system: LockSystem = {
      host: await hostName(),
      tryLock: systemTryLock,
      link: Deno.link,
      delay: (milliseconds) => sleep(milliseconds, undefined, signal && { signal }),
      every,
      ...options.system,
    };
    for (let vanished = 0;;) {
      try {
        signal?.throwIfAborted();
        await Deno.mkdir(folder, { recursive: true });
        const highest = await highestLock(folder);
        if (highest > 0 && !await isFree(folder, highest, system, options)) continue;
        const lock = await FolderLock.#take(folder, highest + 1, system);
        if (lock !== undefined) return lock;
      } catch (error) {
        signal?.throwIfAborted();
        // Its holder may remove a folder in which nothing came about.
        const again = error instanceof Deno.errors.NotFound && ++vanished < MOST_VANISHED;
        if (!again) throw writeError(error, folder);
      }
    }
  }

  /**
   * Makes sure that nobody has taken the lock over; to be called before something is written.
   *
   * @throws {LockedError} when somebody has.
   */
  async check(): Promise<void> {
    if (this.#file === undefined) throw new Error(`the lock on ${this.#folder} was given back`);
    const own = await readLock(lockPath(this.#folder, this.#number), this.#tryLock);
    if (own?.holder?.token === this.#token && await this.#isHighest()) return;
    const other = await this.#successor();
    throw new LockedError(
      other === undefined
        ? `${this.#folder}: the lock of this process is gone: it writes nothing more there`
        : `${this.#folder} was taken over by ${
          describe(other)
        }, which saw no sign of life from this process: it writes nothing more there`,
    );
  }

  /** Gives the lock back. */
  async [Symbol.asyncDispose](): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    this.#stop();
    await this.#beat;
    // Should this fail, the holder is found to be gone.
    await writeFree(file).catch(() => undefined);
    file.close();
  }

  /** Makes a lock file; `undefined` when another process was faster. */
  static async #take(
    folder: string,
    number: number,
    system: LockSystem,
  ): Promise<FolderLock | undefined> {
    const { host, tryLock, link } = system;
    const path = lockPath(folder, number);
    const temporary = temporaryPath(path);
    const token = crypto.randomUUID();
    const file = await Deno.open(temporary, { read: true, write: true, createNew: true });
    let taken = false;
    try {
      const holder: Holder = {
        state: "held",
        host,
        pid: Deno.pid,
        startedAt: new Date().toISOString(),
        token,
        // Before it has its name, so that nobody sees it without.
        kept: await keep(file, temporary, tryLock),
      };
      await writeHolder(file, holder);
      if (!await publishNew(temporary, path, link)) return undefined;
      // A slow process may find a number free that was used and removed.
      if (await highestLock(folder) !== number) {
        await Deno.remove(path).catch(() => undefined);
        return undefined;
      }
      taken = true;
    } finally {
      if (!taken) {
        file.close();
        await Deno.remove(temporary).catch(() => undefined);
      }
    }
    const lock = new FolderLock(folder, number, token, file, system);
    for (const older of await lockNumbers(folder).catch(() => [])) {
      if (older < number) await Deno.remove(lockPath(folder, older)).catch(() => undefined);
    }
    return lock;
  }

  async #isHighest(): Promise<boolean> {
    return await highestLock(this.#folder) === this.#number;
  }

  async #successor(): Promise<Holder | undefined> {
    try {
      const path = lockPath(this.#folder, await highestLock(this.#folder));
      return (await readLock(path, this.#tryLock))?.holder;
    } catch {
      return undefined;
    }
  }
}

/** Whether a lock may be taken; false when there is another one to look at. */
async function isFree(
  folder: string,
  number: number,
  { host, tryLock, delay }: LockSystem,
  { report, signal }: LockOptions,
): Promise<boolean> {
  const path = lockPath(folder, number);
  const first = await readLock(path, tryLock);
  if (first === undefined) return false;
  const { holder } = first;
  if (holder?.state === "free") return true;
  const locked = () =>
    new LockedError(
      `${folder} is in use by ${describe(holder)}: wait until it has ended, or end it`,
    );
  if (holder?.kept && holder.host !== null && holder.host === host && first.kept !== undefined) {
    if (first.kept) throw locked();
    return true;
  }
  report?.(
    `waiting ${WATCH_MS / 1000} s to see whether ${describe(holder)} still works on ${folder}`,
  );
  for (let waited = 0; waited < WATCH_MS; waited += LOOK_MS) {
    await delay(LOOK_MS);
    signal?.throwIfAborted();
    const now = await readLock(path, tryLock);
    if (now?.text !== first.text) return false;
    if (now.modified !== first.modified) throw locked();
  }
  return true;
}

/** Takes the system's lock on a new file; false where such locks do not work. */
async function keep(file: Deno.FsFile, path: string, tryLock: TryLock): Promise<boolean> {
  try {
    if (!await tryLock(file, true)) return false;
    using again = await Deno.open(path);
    return await isKept(again, tryLock) === true;
  } catch {
    return false;
  }
}

function describe(holder: Holder | undefined): string {
  if (holder === undefined) return "an unknown process";
  const { pid, host, startedAt } = holder;
  return `process ${pid} on ${host ?? "an unnamed host"} since ${startedAt}`;
}

function every(milliseconds: number, beat: () => void): () => void {
  const timer = setInterval(beat, milliseconds);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}
