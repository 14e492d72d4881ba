import { basename } from "node:path";
import { UserError } from "../errors.ts";
import { writeFileAtomic } from "../util/atomic_write.ts";
import { sha256File } from "../util/sha256.ts";
import { ResumablePart } from "./resumable_part.ts";
import { transfer } from "./transfer.ts";
import { type Patience, usualPatience } from "./transfer_patience.ts";

/** What to download. */
export interface DownloadOptions {
  /** http or https. */
  readonly url: string;
  /** Where the file goes; `path.part` holds an unfinished one. */
  readonly path: string;
  /** Expected sha256, 64 hexadecimal digits. */
  readonly sha256?: string | undefined;
  /**
   * Without `sha256` and without a recorded one: accept what arrives and record its checksum in
   * `path.sha256`, which later downloads must match.
   */
  readonly trustFirstUse?: boolean | undefined;
  /** Called as bytes arrive; the total is undefined when the server does not tell. */
  readonly onProgress?: ((done: number, total: number | undefined) => void) | undefined;
  /** Receives a line for every failed attempt that is repeated. */
  readonly onRetry?: ((line: string) => void) | undefined;
  /** Replaces `fetch` in tests. */
  readonly fetcher?: typeof fetch | undefined;
  /** Time-outs and repetitions, {@link usualPatience} unless told. */
  readonly patience?: Patience | undefined;
}

/** What was downloaded. */
export interface DownloadResult {
  readonly sha256: string;
  readonly bytes: number;
  /** `known`: compared with a given or recorded checksum; `recorded`: trusted on first use. */
  readonly checksum: "known" | "recorded";
  /** False when the file was there already. */
  readonly fetched: boolean;
}

const exists = (path: string) => Deno.stat(path).then((info) => info.isFile, () => false);

/** The checksum to compare with, or undefined when the first use may record it. */
async function expectedChecksum(options: DownloadOptions): Promise<string | undefined> {
  const { url, path, sha256, trustFirstUse } = options;
  if (sha256 !== undefined) {
    if (!/^[0-9a-f]{64}$/i.test(sha256)) {
      throw new UserError(`sha256 ${JSON.stringify(sha256)}: expected 64 hexadecimal digits`);
    }
    return sha256.toLowerCase();
  }
  const record = await Deno.readTextFile(`${path}.sha256`).catch(() => undefined);
  if (record !== undefined) {
    const recorded = /^[0-9a-f]{64}(?=\s)/.exec(record)?.[0];
    if (recorded !== undefined) return recorded;
    throw new UserError(`${path}.sha256: holds no checksum: mend or remove it`);
  }
  if (trustFirstUse) return undefined;
  throw new UserError(
    `no checksum of ${url} is known: give it with --sha256 HEX, or record the checksum of ` +
      `whatever arrives with --trust-first-use`,
  );
}

/**
 * Downloads a file, goes on where an interrupted download of the same file stopped, and gives it
 * its name only after its sha256 was checked. A file that is there already is checked instead.
 * Nothing is ever accepted without a checksum unless `trustFirstUse` says so.
 *
 * @throws UserError: no checksum known, wrong checksum, and all of `transfer` (unreachable, HTTP
 * error, interrupted, disk full).
 */
export async function download(options: DownloadOptions): Promise<DownloadResult> {
  const { url, path } = options;
  if (!/^https?:\/\//.test(url)) throw new UserError(`${url}: expected an http or https address`);
  const expected = await expectedChecksum(options);
  if (await exists(path)) {
    const sha256 = await sha256File(path);
    if (expected !== undefined && sha256 !== expected) {
      throw new UserError(
        `${path}: its sha256 is ${sha256}, expected ${expected}: remove the file to fetch it again`,
      );
    }
    await record(path, sha256, expected);
    const { size } = await Deno.stat(path);
    return { sha256, bytes: size, checksum: checksumKind(expected), fetched: false };
  }
  const part = new ResumablePart(path, url);
  const { fetcher = fetch, patience = usualPatience } = options;
  const bytes = await transfer({ ...options, fetcher, patience }, part);
  const sha256 = await sha256File(part.path);
  if (expected !== undefined && sha256 !== expected) {
    await part.discard();
    throw new UserError(
      `${url}: the sha256 of what arrived is ${sha256}, expected ${expected}: it was removed`,
    );
  }
  await part.complete(path);
  await record(path, sha256, expected);
  return { sha256, bytes, checksum: checksumKind(expected), fetched: true };
}

const checksumKind = (expected: string | undefined) =>
  expected === undefined ? "recorded" : "known";

/** Writes `path.sha256` in the format of sha256sum when the checksum was not known before. */
async function record(path: string, sha256: string, expected: string | undefined): Promise<void> {
  if (expected === undefined) {
    await writeFileAtomic(`${path}.sha256`, `${sha256}  ${basename(path)}\n`);
  }
}
