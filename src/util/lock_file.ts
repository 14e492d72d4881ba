/** The numbered files of a folder lock; the one with the highest number is the lock. */
import { join } from "node:path";
import { z } from "zod";
import { ifPresent } from "./read_error.ts";
import { openRegular } from "./read_regular.ts";

const holderSchema = z.strictObject({
  /** First in the file: it is changed in place. */
  state: z.enum(["held", "free"]),
  /** `null` where the process may not know the name of its host. */
  host: z.string().nullable(),
  pid: z.int(),
  startedAt: z.iso.datetime(),
  token: z.string(),
  /** Whether the system keeps a lock on the file for as long as the process lives. */
  kept: z.boolean(),
});
/** What a lock file says of the process that made it. */
export type Holder = z.infer<typeof holderSchema>;

/** A lock file as it is at one moment. */
export interface LockState {
  readonly text: string;
  /** Milliseconds; a holder changes it every few seconds. */
  readonly modified: number | undefined;
  /** `undefined` when the file is empty, half-written or damaged. */
  readonly holder: Holder | undefined;
  /** Whether the system keeps a lock on the file; `undefined` when it cannot say. */
  readonly kept: boolean | undefined;
}

/** Takes the system's lock on an open file; false when it is taken. */
export type TryLock = (file: Deno.FsFile, exclusive: boolean) => Promise<boolean>;

/** `FsFile.tryLock`, but not on Windows, where it would keep others from reading the file. */
export const systemTryLock: TryLock = async (file, exclusive) => {
  if (Deno.build.os === "windows") throw new Deno.errors.NotSupported("locks keep readers out");
  return await file.tryLock(exclusive);
};

const NAME = /^lock-(\d{1,15})\.json$/;
const TEMPORARY = /^\.lock-(\d{1,15})\.json\..+\.tmp$/;
const LARGEST = 4096;
const STATE_AT = '{"state":"'.length;

/** Path of the lock file with a number. */
export const lockPath = (folder: string, number: number) => join(folder, `lock-${number}.json`);

/**
 * Removes lock files with lower numbers, and what killed processes left that were to become some.
 * Who is about to make one of those finds out that the lock is taken. What cannot be removed stays.
 */
export async function removeLower(folder: string, number: number): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const match = NAME.exec(name) ?? TEMPORARY.exec(name);
    if (match === null || Number(match[1]) >= number) continue;
    await Deno.remove(join(folder, name)).catch(() => undefined);
  }
}

/** The highest number of a lock file; 0 when there is none. */
export async function highestLock(folder: string): Promise<number> {
  // A listing can miss files that come and go while it is made; two that agree have not.
  for (let last = -1;;) {
    let highest = 0;
    for await (const { name } of Deno.readDir(folder)) {
      highest = Math.max(highest, Number(NAME.exec(name)?.[1] ?? 0));
    }
    if (highest === last) return highest;
    last = highest;
  }
}

/** Largest lock file that is opened, bytes: far more than one holds. */
const LARGEST_OPENED = 2 ** 20;

/** Reads a lock file; `undefined` when it is gone. */
export async function readLock(path: string, tryLock: TryLock): Promise<LockState | undefined> {
  // On a network file system opening asks the server, looking at the name need not.
  using opened = await ifPresent(path, openRegular(path, LARGEST_OPENED));
  if (opened === undefined) return undefined;
  const text = await readStart(opened);
  return {
    text,
    modified: (await opened.stat()).mtime?.getTime(),
    holder: parse(text),
    kept: await isKept(opened, tryLock),
  };
}

/** Whether another open file has the system's lock; `undefined` where there are no such locks. */
export async function isKept(file: Deno.FsFile, tryLock: TryLock): Promise<boolean | undefined> {
  try {
    // Shared, so that those who look do not see each other.
    return !await tryLock(file, false);
  } catch {
    return undefined;
  }
}

/** Writes what a lock file says into an empty file. */
export async function writeHolder(file: Deno.FsFile, { state, ...rest }: Holder): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify({ state, ...rest }));
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}

/** Makes a held lock file a free one in place, which needs no room on the disk. */
export async function writeFree(file: Deno.FsFile): Promise<void> {
  await file.seek(STATE_AT, Deno.SeekMode.Start);
  await file.write(new TextEncoder().encode("free"));
}

async function readStart(file: Deno.FsFile): Promise<string> {
  const bytes = new Uint8Array(LARGEST);
  let size = 0;
  while (size < LARGEST) {
    const count = await file.read(bytes.subarray(size));
    if (count === null) break;
    size += count;
  }
  return new TextDecoder().decode(bytes.subarray(0, size));
}

function parse(text: string): Holder | undefined {
  try {
    return holderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
