/** Lets changes of files fail in a test: a full disk, or a process that is killed in between. */

/** While it lives, `Deno.rename` and `Deno.remove` fail from the n-th call on, before they do anything. */
export class FailingFiles implements Disposable {
  readonly #original = { rename: Deno.rename, remove: Deno.remove };
  #calls = 0;

  /** @param first Number of the first call that fails, from 1. @param error What it fails with. */
  constructor(private readonly first: number, private readonly error: () => Error) {
    const { rename, remove } = this.#original;
    set("rename", (...paths: Parameters<typeof rename>) => this.#call(() => rename(...paths)));
    set("remove", (...paths: Parameters<typeof remove>) => this.#call(() => remove(...paths)));
  }

  /** Whether a call has failed. */
  get failed(): boolean {
    return this.#calls >= this.first;
  }

  #call(change: () => Promise<void>): Promise<void> {
    this.#calls++;
    return this.failed ? Promise.reject(this.error()) : change();
  }

  /** Lets files be changed again. */
  [Symbol.dispose](): void {
    set("rename", this.#original.rename);
    set("remove", this.#original.remove);
  }
}

function set(name: "rename" | "remove", value: unknown): void {
  Object.defineProperty(Deno, name, { value, configurable: true, writable: true });
}
