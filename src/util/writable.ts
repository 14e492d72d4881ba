/** Whether files can be made in a folder, which is created when missing. */
export async function isWritable(folder: string): Promise<boolean> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.remove(await Deno.makeTempFile({ dir: folder }));
    return true;
  } catch {
    return false;
  }
}
