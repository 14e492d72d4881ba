/** Counts the workers that start and end in a test: the sanitizers of Deno do not see them. */
export class WorkerCount implements Disposable {
  readonly #original = globalThis.Worker;
  /** Workers that were started. */
  started = 0;
  /** Workers that were ended. */
  ended = 0;

  constructor() {
    const onStart = () => void this.started++;
    const onEnd = () => void this.ended++;
    globalThis.Worker = class extends this.#original {
      #ended = false;

      constructor(specifier: string | URL, options?: WorkerOptions) {
        super(specifier, options);
        onStart();
      }

      override terminate(): void {
        super.terminate();
        if (!this.#ended) onEnd();
        this.#ended = true;
      }
    };
  }

  /** Ends the counting. */
  [Symbol.dispose](): void {
    globalThis.Worker = this.#original;
  }
}
