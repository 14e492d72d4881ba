/** Runs a test body with an empty temporary folder and a place for printed lines. */
export async function withFolder<T>(
  body: (folder: string, lines: string[], print: (line: string) => void) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  const lines: string[] = [];
  try {
    return await body(folder, lines, (line) => lines.push(line));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
