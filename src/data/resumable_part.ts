import { z } from "zod";
import { UserError } from "../errors.ts";
import { writeFileAtomic } from "../util/atomic_write.ts";

/**
 * What tells one version of a file on a server from another: a strong ETag, else Last-Modified
 * (RFC 9110, 8.8). Both only hold for the same address.
 */
const validatorSchema = z.strictObject({
  url: z.string(),
  validator: z.string().min(1).max(1024),
});

/** An unfinished download: what has arrived, and which version of the file it belongs to. */
export class ResumablePart {
  readonly path: string;
  readonly #record: string;

  /** @param target Where the whole file will be. @param url Where it comes from. */
  constructor(target: string, readonly url: string) {
    this.path = `${target}.part`;
    this.#record = `${this.path}.json`;
  }

  /** Bytes that have arrived, whatever they belong to. */
  async size(): Promise<number> {
    return await Deno.stat(this.path).then((info) => info.size, () => 0);
  }

  /**
   * The bytes to go on after and the validator that they belong to. Undefined when there is
   * nothing, or nothing that is known to belong to this address: halves of two files must not join.
   */
  async resumable(): Promise<{ readonly bytes: number; readonly validator: string } | undefined> {
    const bytes = await this.size();
    if (bytes === 0) return undefined;
    const text = await Deno.readTextFile(this.#record).catch(() => "");
    const record = validatorSchema.safeParse(parseJson(text));
    if (!record.success || record.data.url !== this.url) return undefined;
    return { bytes, validator: record.data.validator };
  }

  /** Records which version of the file the part will belong to, or that this is not known. */
  async describe(response: Response): Promise<void> {
    const validator = validatorOf(response);
    if (validator === undefined) await this.#forget();
    else await writeFileAtomic(this.#record, JSON.stringify({ url: this.url, validator }));
  }

  /** Whether a response is of the version that was recorded, as far as it says. */
  async belongs(response: Response): Promise<boolean> {
    const validator = validatorOf(response);
    return validator === undefined || validator === (await this.resumable())?.validator;
  }

  /** Gives the whole file its name. @throws {UserError} when the part has vanished. */
  async complete(target: string): Promise<void> {
    try {
      await Deno.rename(this.path, target);
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
      throw new UserError(`${this.path}: has vanished: another command fetches the same file`, {
        cause,
      });
    }
    await this.#forget();
  }

  /** Removes what has arrived, which turned out to be wrong. */
  async discard(): Promise<void> {
    await Deno.remove(this.path);
    await this.#forget();
  }

  async #forget(): Promise<void> {
    await Deno.remove(this.#record).catch(() => undefined);
  }
}

/** A validator that If-Range may carry: weak ETags may not. */
function validatorOf({ headers }: Response): string | undefined {
  const etag = headers.get("etag");
  if (etag !== null && /^"[^"]*"$/.test(etag)) return etag;
  return headers.get("last-modified") ?? undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
