import { AtomicFile } from "./atomic_write.ts";

const BLOCK = 1 << 20;

/**
 * Writes lines, each with its line end, as one file, see {@link AtomicFile}.
 *
 * @throws {UserError} when the file cannot be written; what `lines` throws.
 */
export async function writeLinesAtomic(path: string, lines: Iterable<string>): Promise<void> {
  const encoder = new TextEncoder();
  await using file = await AtomicFile.create(path);
  let block = "";
  for (const line of lines) {
    block += line;
    if (block.length < BLOCK) continue;
    await file.write(encoder.encode(block));
    block = "";
  }
  await file.write(encoder.encode(block));
  await file.commit();
}
