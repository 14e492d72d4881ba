/** A stream that takes bytes at once, such as `Deno.stderr`. */
export interface ByteSink {
  writeSync(bytes: Uint8Array): number;
}

/**
 * Writes a text, all of it. Throws `Deno.errors.BrokenPipe` when nobody reads the stream any more.
 */
export function writeText(stream: ByteSink, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) done += stream.writeSync(bytes.subarray(done));
}
