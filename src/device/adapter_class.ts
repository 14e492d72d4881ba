/** Names of the adapter classes; see {@link AdapterClass}. */
export const adapterClasses = ["software", "gpu"] as const;

/**
 * Which kernel variants suit an adapter. `software`: processors that emulate a GPU (llvmpipe,
 * SwiftShader), where barriers and workgroup memory are dear. `gpu`: everything else.
 */
export type AdapterClass = typeof adapterClasses[number];
