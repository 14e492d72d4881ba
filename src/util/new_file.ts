import { writeError } from "./atomic_write.ts";

/** A file that must not exist yet, written synchronously from its start to its end. */
export class NewFile implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  /** @throws {UserError} when the file cannot be made. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = Deno.openSync(path, { write: true, createNew: true });
    } catch (error) {
      throw writeError(error, path);
    }
  }

  /** Appends bytes. @throws {UserError} when the disk is full. */
  write(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    } catch (error) {
      throw writeError(error, this.#path);
    }
  }

  /** Makes what was written durable. */
  sync(): void {
    try {
      this.#file.syncSync();
    } catch (error) {
      throw writeError(error, this.#path);
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
