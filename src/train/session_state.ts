/** Values of a trained model by name: all that it takes to use it. */
export interface TrainedValues {
  readonly parameters: ReadonlyMap<string, Float32Array>;
  /** State of the model, such as running statistics. */
  readonly states: ReadonlyMap<string, Float32Array>;
}

/** Everything of a model on the device that a continuation needs, by name. */
export interface SessionState {
  readonly parameters: Map<string, Float32Array>;
  /** First moments of the optimiser. */
  readonly first: Map<string, Float32Array>;
  /** Second moments of the optimiser. */
  readonly second: Map<string, Float32Array>;
  /** State of the model, such as running statistics. */
  readonly states: Map<string, Float32Array>;
  /** State that training hands on from batch to batch; empty for models without. */
  readonly carried: Map<string, Float32Array>;
}
