/** Views: operations that only move indices and never copy. */
export { broadcastShapes, broadcastTo } from "./broadcast.ts";
export { expandDims, reshape } from "./reshape.ts";
export { transpose } from "./transpose.ts";
export { concat, flip, pad, slice, split } from "./slice.ts";
