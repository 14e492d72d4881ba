/** All operations of the engine. */
export * from "./attention/mod.ts";
export * from "./cross_entropy/mod.ts";
export * from "./elementwise/mod.ts";
export * from "./ema/ema_scan.ts";
export * from "./ema/ema_scan_state.ts";
export * from "./ema/ema_step.ts";
export * from "./fft/fft_conv.ts";
export * from "./fft/rfft.ts";
export * from "./gather/mod.ts";
export * from "./matmul/mod.ts";
export * from "./norm/mod.ts";
export * from "./random/mod.ts";
export * from "./reduce/mod.ts";
export * from "./softmax/mod.ts";
export * from "./source/generate.ts";
export * from "./source/mod.ts";
export * from "./view/mod.ts";
