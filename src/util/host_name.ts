/** Name of this host; `null` without the permission to know it. */
export async function hostName(): Promise<string | null> {
  const { state } = await Deno.permissions.query({ name: "sys", kind: "hostname" });
  return state === "granted" ? Deno.hostname() : null;
}
