import { createHash } from "node:crypto";

/** Lower-case hexadecimal sha256 of bytes or of a string's UTF-8 form. */
export function sha256Hex(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

/** An incremental sha256: `update` any number of times, then `digest` once. */
export class Sha256 {
  readonly #hash = createHash("sha256");

  /** Appends bytes, or a string's UTF-8 form. */
  update(data: Uint8Array | string): this {
    this.#hash.update(data);
    return this;
  }

  /** Lower-case hexadecimal digest; the object cannot be used afterwards. */
  digest(): string {
    return this.#hash.digest("hex");
  }
}

/** Lower-case hexadecimal sha256 of a file, streamed. Throws what `Deno.open` throws. */
export async function sha256File(path: string): Promise<string> {
  const hash = new Sha256();
  using file = await Deno.open(path);
  const buffer = new Uint8Array(1 << 20);
  for (let n = await file.read(buffer); n !== null; n = await file.read(buffer)) {
    hash.update(buffer.subarray(0, n));
  }
  return hash.digest();
}
