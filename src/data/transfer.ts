import { dirname } from "node:path";
import { UserError } from "../errors.ts";
import { writeError } from "../util/atomic_write.ts";
import { ResumablePart } from "./resumable_part.ts";
import {
  type Patience,
  pauseBefore,
  retryAfterOf,
  TransientError,
  withoutStall,
} from "./transfer_patience.ts";

/** What to transfer, and whom to tell. */
export interface TransferOptions {
  readonly url: string;
  /** Where the whole file will be: what cannot be written is called by this name. */
  readonly path: string;
  readonly fetcher: typeof fetch;
  readonly patience: Patience;
  /** Called as bytes arrive; the total is undefined when the server does not tell. */
  readonly onProgress?: ((done: number, total: number | undefined) => void) | undefined;
  /** Receives a line for every failed attempt that is repeated. */
  readonly onRetry?: ((line: string) => void) | undefined;
}

/** States of a server that may pass: busy, overloaded, out of order. */
function mayPass(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** First byte and total of a 206 response. */
function contentRange(response: Response): { from: number; total: number | undefined } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
  if (match === null) return undefined;
  return { from: Number(match[1]), total: match[2] === "*" ? undefined : Number(match[2]) };
}

/** One attempt: a connection at a time, which is gone when the attempt is over. */
class Attempt implements Disposable {
  #connection = new AbortController();

  constructor(private readonly options: TransferOptions, private readonly part: ResumablePart) {}

  /** Fetches what is missing and returns the size of the whole. */
  async run(): Promise<number> {
    const kept = await this.part.resumable();
    let response = await this.#request(kept);
    const range = contentRange(response);
    let from = kept?.bytes ?? 0;
    // A server may ignore If-Range, or answer with another range than was asked for.
    const continues = response.status === 206 && range?.from === from &&
      (kept === undefined || await this.part.belongs(response));
    if (kept !== undefined && (response.status === 416 || response.status === 206) && !continues) {
      response = await this.#request(undefined);
      from = 0;
    }
    const { status, statusText, headers } = response;
    if (mayPass(status)) {
      throw new TransientError(
        `the server answered ${status} ${statusText}`.trimEnd(),
        retryAfterOf(headers.get("retry-after")),
      );
    }
    if (status !== 200 && !continues) {
      const answer = `the server answered ${status} ${statusText}`.trimEnd();
      throw new UserError(`${this.options.url}: ${answer}`);
    }
    if (status === 200) from = 0;
    const length = headers.get("content-length");
    const total = status === 206 ? range?.total : length === null ? undefined : Number(length);
    return await this.#receive(response, from, total);
  }

  /** Sends the request, asking for what is missing after what is kept. */
  async #request(
    kept: { readonly bytes: number; readonly validator: string } | undefined,
  ): Promise<Response> {
    this[Symbol.dispose]();
    const connection = this.#connection = new AbortController();
    // A transparently decompressed body would break both ranges and lengths.
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (kept !== undefined) {
      headers.range = `bytes=${kept.bytes}-`;
      headers["if-range"] = kept.validator;
    }
    const { url, fetcher, patience } = this.options;
    try {
      const answer = fetcher(url, { headers, signal: connection.signal });
      return await withoutStall(answer, patience, () => connection.abort());
    } catch (cause) {
      throw asTransient(cause, "cannot be reached: ");
    }
  }

  /** Writes a body behind the first `from` bytes. */
  async #receive(response: Response, from: number, total: number | undefined): Promise<number> {
    const { path, patience, onProgress } = this.options;
    let have = from;
    using file = await openPart(this.part.path, from, path);
    // Only now nothing of another version is left to join with.
    if (from === 0) await this.part.describe(response);
    const reader = response.body?.getReader();
    const after = () => `after ${have} of ${total ?? "unknown"} bytes`;
    while (reader !== undefined) {
      const { done, value } = await withoutStall(
        reader.read(),
        patience,
        () => this.#connection.abort(),
      ).catch((cause: unknown) => {
        throw asTransient(cause, `the connection ended ${after()}: `);
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
    if (total !== undefined && have > total) {
      await file.truncate(0);
      throw new TransientError(`the server sent ${have} bytes of a file of ${total}`);
    }
    if (total !== undefined && have < total) {
      throw new TransientError(`the connection ended ${after()}`);
    }
    await file.sync();
    return have;
  }

  /** Ends the connection. */
  [Symbol.dispose](): void {
    this.#connection.abort();
  }
}

function asTransient(cause: unknown, what: string): TransientError {
  if (cause instanceof TransientError) return new TransientError(what + cause.message);
  const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
  return new TransientError(what + reason, undefined, { cause });
}

/** Opens a part behind its first `from` bytes; what lies there is dropped. */
async function openPart(part: string, from: number, path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(dirname(part), { recursive: true });
    const file = await Deno.open(part, { write: true, create: true, truncate: from === 0 });
    await file.seek(from, Deno.SeekMode.Start);
    return file;
  } catch (error) {
    throw writeError(error, path);
  }
}

/**
 * Fetches a file into its part, and goes on with an unfinished one when the server says that it is
 * still the same file. Failures that may pass (network, silence, a busy server) are tried again
 * with growing pauses, as long as bytes come or `patience.retries` times in vain.
 *
 * @returns Bytes of the whole file.
 * @throws {UserError} for other answers of the server and a full disk, and when patience has ended:
 * it says what is kept.
 */
export async function transfer(options: TransferOptions, part: ResumablePart): Promise<number> {
  const { url, patience, onRetry } = options;
  let furthest = await part.size();
  for (let failures = 1;; failures++) {
    try {
      using attempt = new Attempt(options, part);
      return await attempt.run();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      const size = await part.size();
      if (size > furthest) failures = 1;
      furthest = Math.max(furthest, size);
      if (failures > patience.retries) {
        throw new UserError(`${url}: ${error.message}; ${await remains(part)}`, { cause: error });
      }
      const pause = pauseBefore(failures, error.retryAfter);
      onRetry?.(
        `${url}: ${error.message}; trying again in ${Math.ceil(pause / 1000)} s ` +
          `(${failures} of ${patience.retries})`,
      );
      await patience.sleep(pause);
    }
  }
}

/** What the same command will find. */
async function remains(part: ResumablePart): Promise<string> {
  const kept = await part.resumable();
  return kept === undefined
    ? "nothing of it can be kept: run the same command again to start over"
    : `${kept.bytes} bytes are kept in ${part.path}: run the same command again to go on from there`;
}
