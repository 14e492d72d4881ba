import type { S4BlockOptions } from "../nn/s4/layer.ts";
import type { S4EncoderConfig } from "./config.ts";

/** What S4 blocks of encoders and decoders have in common. */
type S4BlockConfig = Omit<S4EncoderConfig, "bidirectional" | "normBefore" | "featureDropout">;

/** Options of the S4 blocks that a configuration names. */
export function s4BlockOptions(
  config: S4BlockConfig,
  { bidirectional, tieDropout }: Pick<S4BlockOptions, "bidirectional" | "tieDropout">,
): S4BlockOptions {
  return {
    mode: config.mode,
    init: config.init,
    discretization: config.discretization,
    states: config.states,
    channels: config.channels,
    bidirectional,
    copies: config.copies,
    dtMin: config.dtMin,
    dtMax: config.dtMax,
    dtTransform: config.dtTransform,
    realTransform: "exp",
    imagTransform: "none",
    tiedDt: true,
    kernelLength: config.maxPositions,
    activation: config.activation,
    finalActivation: "glu",
    dropout: config.dropout,
    tieDropout,
  };
}
