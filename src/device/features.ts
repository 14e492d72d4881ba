/** Optional features that the kernels or the tests can make use of. */
const USEFUL: readonly GPUFeatureName[] = ["timestamp-query", "subgroups", "shader-f16"];

/**
 * Finds out which useful features the default adapter grants, by asking for each: Deno leaves
 * `subgroups` out of the adapter's list although it grants it.
 */
export async function probeFeatures(): Promise<Record<string, boolean>> {
  const found: Record<string, boolean> = {};
  for (const feature of USEFUL) {
    const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
    try {
      const device = await adapter?.requestDevice({ requiredFeatures: [feature] });
      found[feature] = device !== undefined;
      device?.destroy();
    } catch {
      found[feature] = false;
    }
  }
  return found;
}
