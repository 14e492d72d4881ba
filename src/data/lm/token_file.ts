import { endianness } from "node:os";
import { UserError } from "../../errors.ts";
import { NewFile } from "../../util/new_file.ts";
import { readError } from "../../util/read_error.ts";
import { Sha256 } from "../../util/sha256.ts";
import type { TokenStream } from "./corpus.ts";

/** Bytes of a number in a file: ids of small dictionaries need two. */
export type Width = 2 | 4;

const BUFFERED = 1 << 16;
const PAGE = 1 << 15;
/** Files up to this many bytes are read as a whole. */
const MEMORY_LIMIT = 64 * 2 ** 20;

function array(width: Width, length: number): Uint16Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  return width === 2 ? new Uint16Array(length) : new Int32Array(length);
}

function bytesOf(values: Uint16Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function checkByteOrder(): void {
  if (endianness() !== "LE") {
    throw new UserError("cached tokens need a little-endian machine");
  }
}

/** Writes whole numbers to a file as they come, through one small buffer. */
export class NumberWriter implements Disposable {
  /** Numbers so far. */
  count = 0;
  readonly #file: NewFile;
  readonly #buffer: Uint16Array | Int32Array;
  readonly #wide: Int32Array;
  readonly #hash = new Sha256();
  #filled = 0;

  /** @throws {UserError} when the file cannot be made. */
  constructor(path: string, width: Width) {
    checkByteOrder();
    this.#buffer = array(width, BUFFERED);
    this.#wide = new Int32Array(BUFFERED);
    this.#file = new NewFile(path);
  }

  /** Appends a number. @throws {UserError} when the disk is full. */
  add(value: number): void {
    this.#buffer[this.#filled] = value;
    this.#wide[this.#filled++] = value;
    this.count++;
    if (this.#filled === BUFFERED) this.#flush();
  }

  /** Makes the file durable. @returns sha256 of the numbers as little-endian i32. */
  finish(): string {
    this.#flush();
    this.#file.sync();
    return this.#hash.digest();
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  #flush(): void {
    this.#file.write(bytesOf(this.#buffer.subarray(0, this.#filled)));
    this.#hash.update(bytesOf(this.#wide.subarray(0, this.#filled)));
    this.#filled = 0;
  }
}

/** Numbers of a file with random access: small files in memory, large ones page by page. */
export class NumberFile implements TokenStream, Disposable {
  readonly length: number;
  readonly #path: string;
  readonly #width: Width;
  readonly #pages = new Map<number, Uint16Array | Int32Array>();
  readonly #most: number;
  readonly #pageLength: number;
  #file: Deno.FsFile | undefined;

  /**
   * @param length Numbers that the file must hold.
   * @param memoryLimit Larger files are read page by page (default 64 MiB).
   * @throws {UserError} when the file is missing or has another size.
   */
  constructor(path: string, width: Width, length: number, memoryLimit = MEMORY_LIMIT) {
    checkByteOrder();
    this.#path = path;
    this.#width = width;
    this.length = length;
    const bytes = length * width;
    let size: number;
    try {
      size = Deno.statSync(path).size;
    } catch (error) {
      throw readError(error, path);
    }
    if (size !== bytes) throw new UserError(`${path}: holds ${size} bytes, expected ${bytes}`);
    const small = bytes <= memoryLimit;
    this.#pageLength = small ? Math.max(1, length) : PAGE;
    this.#most = small ? 1 : Math.max(2, Math.floor(memoryLimit / (PAGE * width)));
  }

  slice(start: number, end: number): Int32Array {
    if (!(start >= 0 && start <= end && end <= this.length)) {
      throw new RangeError(`tokens ${start} to ${end} of ${this.length}`);
    }
    const result = new Int32Array(end - start);
    for (let at = start; at < end;) {
      const page = Math.floor(at / this.#pageLength);
      const first = page * this.#pageLength;
      const stop = Math.min(end, first + this.#pageLength);
      result.set(this.#page(page).subarray(at - first, stop - first), at - start);
      at = stop;
    }
    return result;
  }

  /** Whether the file is read as a whole. */
  get isSmall(): boolean {
    return this.#most === 1;
  }

  /** sha256 of all numbers as little-endian i32. */
  hash(): string {
    const hash = new Sha256();
    this.addTo(hash);
    return hash.digest();
  }

  /** Appends all numbers, as little-endian i32, to what is hashed. */
  addTo(hash: Sha256): void {
    for (let at = 0; at < this.length; at += PAGE) {
      hash.update(bytesOf(this.slice(at, Math.min(this.length, at + PAGE))));
    }
  }

  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #page(page: number): Uint16Array | Int32Array {
    const found = this.#pages.get(page);
    if (found !== undefined) {
      // The map's order is the order of use: the page moves to its end.
      this.#pages.delete(page);
      this.#pages.set(page, found);
      return found;
    }
    const first = page * this.#pageLength;
    const values = array(this.#width, Math.min(this.#pageLength, this.length - first));
    this.#read(bytesOf(values), first * this.#width);
    if (this.#pages.size >= this.#most) {
      for (const oldest of this.#pages.keys()) {
        this.#pages.delete(oldest);
        break;
      }
    }
    this.#pages.set(page, values);
    return values;
  }

  #read(into: Uint8Array, position: number): void {
    try {
      const file = this.#file ??= Deno.openSync(this.#path);
      file.seekSync(position, Deno.SeekMode.Start);
      for (let at = 0; at < into.length;) {
        const n = file.readSync(into.subarray(at));
        if (n === null) throw new UserError(`${this.#path}: was cut while it is in use`);
        at += n;
      }
      if (this.isSmall) this[Symbol.dispose]();
    } catch (error) {
      throw readError(error, this.#path);
    }
  }
}
