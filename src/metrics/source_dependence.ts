/**
 * Source dependence below which a translation model is said not to read its source, nats per token.
 * The measure is the loss with shuffled sources less the loss.
 */
export const leastSourceDependence = 0.1;
