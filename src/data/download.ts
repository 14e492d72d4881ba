import { basename, dirname } from "node:path";
import { UserError } from "../errors.ts";
import { writeError, writeFileAtomic } from "../util/atomic_write.ts";
import { sha256File } from "../util/sha256.ts";

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
  /** Replaces `fetch` in tests. */
  readonly fetcher?: typeof fetch | undefined;
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

/** Sends the request, asking for what is missing after the first `have` bytes. */
async function request(url: string, have: number, fetcher: typeof fetch): Promise<Response> {
  // A transparently decompressed body would break both ranges and lengths.
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (have > 0) headers.range = `bytes=${have}-`;
  try {
    return await fetcher(url, { headers });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new UserError(`cannot reach ${url}: ${reason}`, { cause: error });
  }
}

/** Bytes `from`, `to`, `total` of a 206 response's Content-Range. */
function contentRange(response: Response): { from: number; total: number | undefined } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
  if (match === null) return undefined;
  return { from: Number(match[1]), total: match[2] === "*" ? undefined : Number(match[2]) };
}

/** Fetches the missing bytes into `part` and returns its size. */
async function fill(options: DownloadOptions, part: string): Promise<number> {
  const { url, path, onProgress, fetcher = fetch } = options;
  let have = await Deno.stat(part).then((info) => info.size, () => 0);
  let response = await request(url, have, fetcher);
  const range = contentRange(response);
  const fits = response.status !== 206 || range?.from === have;
  if (have > 0 && (response.status === 416 || !fits)) {
    await response.body?.cancel();
    have = 0;
    response = await request(url, 0, fetcher);
  }
  if (response.status !== 200 && response.status !== 206) {
    await response.body?.cancel();
    throw new UserError(`${url}: the server answered ${response.status} ${response.statusText}`);
  }
  const resumed = response.status === 206;
  if (!resumed) have = 0;
  const length = response.headers.get("content-length");
  const total = resumed
    ? contentRange(response)?.total
    : length === null
    ? undefined
    : Number(length);
  using file = await openForAppend(part, resumed, path);
  const interrupted = (cause?: unknown) =>
    new UserError(
      `${url}: the connection ended after ${have} of ${total ?? "unknown"} bytes: ` +
        `run the same command again to go on from there`,
      { cause },
    );
  const reader = response.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw interrupted(error);
    });
    if (done) break;
    try {
      for (let at = 0; at < value.length;) at += await file.write(value.subarray(at));
    } catch (error) {
      throw writeError(error, path);
    }
    have += value.length;
    onProgress?.(have, total);
  }
  if (total !== undefined && have !== total) throw interrupted();
  await file.sync();
  return have;
}

async function openForAppend(part: string, append: boolean, path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(dirname(part), { recursive: true });
    return await Deno.open(part, { write: true, create: true, append, truncate: !append });
  } catch (error) {
    throw writeError(error, path);
  }
}

/**
 * Downloads a file, goes on where an interrupted download stopped, and gives it its name only
 * after its sha256 was checked. A file that is there already is checked instead. Nothing is ever
 * accepted without a checksum unless `trustFirstUse` says so.
 *
 * @throws UserError: no checksum known, wrong checksum, unreachable, HTTP error, interrupted,
 * disk full.
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
  const part = `${path}.part`;
  const bytes = await fill(options, part);
  const sha256 = await sha256File(part);
  if (expected !== undefined && sha256 !== expected) {
    await Deno.remove(part);
    throw new UserError(
      `${url}: the sha256 of what arrived is ${sha256}, expected ${expected}: it was removed`,
    );
  }
  await Deno.rename(part, path);
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
