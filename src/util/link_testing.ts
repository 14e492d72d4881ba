/**
 * Makes a symbolic link. Tests run with the rights to some folders, and Deno makes links for those
 * only who may read and write everything.
 *
 * @param target What the link holds. @param path The link.
 */
export async function makeLink(target: string, path: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("ln", { args: ["-s", target, path] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
