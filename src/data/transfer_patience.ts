/** How long a transfer waits, and how often it tries again. */
export interface Patience {
  /** A connection without progress for so long is given up, milliseconds. */
  readonly stallMilliseconds: number;
  /** Attempts after the first one that no byte came of. */
  readonly retries: number;
  /** Waits, unless the signal is aborted first; resolves in both cases. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** A minute without progress, and five more attempts within about half a minute. */
export const usualPatience: Patience = {
  stallMilliseconds: 60_000,
  retries: 5,
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal?.addEventListener("abort", done);
    }),
};

/** Longest wait that a server may ask for with Retry-After, milliseconds. */
const longestPause = 120_000;

/** A failure after which another attempt may succeed. */
export class TransientError extends Error {
  /** @param retryAfter Milliseconds that the server asks to wait, if it says so. */
  constructor(message: string, readonly retryAfter?: number, options?: ErrorOptions) {
    super(message, options);
    this.name = "TransientError";
  }
}

/** Milliseconds of a Retry-After header: seconds or a date (RFC 9110, 10.2.3). */
export function retryAfterOf(
  header: string | null,
  now: number = Date.now(),
): number | undefined {
  if (header === null) return undefined;
  const wait = /^\d+$/.test(header) ? 1000 * Number(header) : Date.parse(header) - now;
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

/** The wait before attempt `number` (from 1) is repeated: 1, 2, 4, 8, 16 s, or as asked for. */
export function pauseBefore(number: number, retryAfter: number | undefined): number {
  return Math.min(longestPause, retryAfter ?? 1000 * 2 ** (number - 1));
}

/**
 * The result of `work`, unless it takes longer than patience allows.
 *
 * @param onStall Ends what `work` waits for.
 * @throws {TransientError} after `stallMilliseconds`.
 */
export async function withoutStall<T>(
  work: Promise<T>,
  { stallMilliseconds, sleep }: Patience,
  onStall: () => void,
): Promise<T> {
  const timer = new AbortController();
  const { promise: stalled, reject } = Promise.withResolvers<never>();
  sleep(stallMilliseconds, timer.signal).then(() => {
    if (timer.signal.aborted) return;
    // First, or the end of the work would be the reason.
    reject(new TransientError(`nothing came for ${stallMilliseconds / 1000} s`));
    onStall();
  });
  try {
    return await Promise.race([work, stalled]);
  } finally {
    timer.abort();
  }
}
