const SECONDS = 10;

/**
 * Tells when a long piece of work should say how far it is: true ten seconds after it was made, then
 * whenever ten seconds have passed since.
 */
export function nowAndThen(): () => boolean {
  let last = performance.now();
  return () => {
    const now = performance.now();
    if (now - last < 1000 * SECONDS) return false;
    last = now;
    return true;
  };
}
