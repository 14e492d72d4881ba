/** Tasks of the Long Range Arena in the order of the paper's Table 2. */
export const lraTasks = ["listops", "text", "retrieval", "image", "pathfinder", "pathx"] as const;

/** A task of the Long Range Arena. */
export type LraTask = typeof lraTasks[number];
