/** How layers ask for parameters, state and dropout streams while a model function builds its graph. */
import { type Shape, sizeOf, type Tensor } from "../graph/contract.ts";
import { scope as labelScope } from "../graph/build.ts";
import { carried, parameter, state } from "../../kernels/source/mod.ts";
import { type Initializer, sample } from "./initializers.ts";

/** A trainable tensor of a model. */
export interface ParameterSpec {
  /** Full name, as in the reference's checkpoints. */
  readonly name: string;
  readonly shape: Shape;
  readonly initializer: Initializer;
}

/** A tensor that the model updates itself, such as running statistics. */
export interface StateSpec {
  readonly name: string;
  readonly shape: Shape;
  /** Initial value of every element. */
  readonly initial: number;
}

/** A tensor of a stream of batches, such as recurrent state; zero where the stream starts. */
export interface CarriedSpec {
  readonly name: string;
  readonly shape: Shape;
}

/** Sizes and initial values of a model; needs no device. */
export class ModelParameters {
  constructor(
    /** In order of first use. */
    readonly parameters: readonly ParameterSpec[],
    readonly states: readonly StateSpec[],
    /** Other names of shared parameters: alias to canonical name. */
    readonly aliases: ReadonlyMap<string, string>,
  ) {}

  /** Number of trainable values; shared parameters count once. */
  get count(): number {
    return this.parameters.reduce((total, { shape }) => total + sizeOf(shape), 0);
  }

  /** Initial values of all parameters and states by name. */
  initialize(seed: number | bigint): Map<string, Float32Array<ArrayBuffer>> {
    const values = new Map<string, Float32Array<ArrayBuffer>>();
    for (const { name, shape, initializer } of this.parameters) {
      values.set(name, sample(initializer, name, shape, seed));
    }
    for (const { name, shape, initial } of this.states) {
      values.set(name, new Float32Array(sizeOf(shape)).fill(initial));
    }
    return values;
  }
}

/** What a model is built for. */
export interface ModelContextOptions {
  /** Dropout is active and batch statistics are used and recorded. */
  readonly training: boolean;
}

/**
 * Passed through a model function. One pass builds the graph and collects the specifications. Names
 * are scoped: inside `scope("fc1", ...)` the parameter `weight` is `fc1.weight`, and the nodes carry
 * the same path in their labels.
 */
export class ModelContext {
  /** See {@link ModelContextOptions}. */
  readonly training: boolean;
  readonly #path: string[] = [];
  readonly #parameters = new Map<string, ParameterSpec>();
  readonly #states = new Map<string, StateSpec>();
  readonly #updates = new Map<string, Tensor>();
  readonly #carried = new Map<string, CarriedSpec>();
  readonly #carriedUpdates = new Map<string, Tensor>();
  readonly #carriedSlots = new Map<string, Tensor>();
  readonly #aliases = new Map<string, string>();
  #streams = 0;

  constructor(options: ModelContextOptions) {
    this.training = options.training;
  }

  /** Runs `body` inside the name scope `name` (may hold dots). */
  scope<T>(name: string, body: () => T): T {
    this.#path.push(name);
    try {
      return labelScope(name, body);
    } finally {
      this.#path.pop();
    }
  }

  /** Full name of `name` in the present scope. */
  qualify(name: string): string {
    return [...this.#path, name].join(".");
  }

  /**
   * A trainable parameter. Asking again for the same name shares it; the first initializer counts.
   *
   * @throws {RangeError} when the same name was used with another shape.
   */
  parameter(name: string, shape: Shape, initializer: Initializer): Tensor {
    const qualified = this.qualify(name);
    const full = this.#aliases.get(qualified) ?? qualified;
    const known = this.#parameters.get(full);
    if (known === undefined) {
      this.#parameters.set(full, { name: full, shape: [...shape], initializer });
    } else if (known.shape.join() !== shape.join()) {
      throw new RangeError(`parameter ${full} has shape [${known.shape}], not [${shape}]`);
    }
    return parameter(full, shape);
  }

  /** Makes `name` of the present scope another name of the parameter `canonical` (a full name). */
  alias(name: string, canonical: string): void {
    this.#aliases.set(this.qualify(name), canonical);
  }

  /** A state tensor: its value before the step, or the latest update inside this step. */
  state(name: string, shape: Shape, initial: number): Tensor {
    const full = this.qualify(name);
    this.#states.set(full, { name: full, shape: [...shape], initial });
    return this.#updates.get(full) ?? state(full, shape);
  }

  /** Sets what a state becomes at the end of the step. */
  updateState(name: string, value: Tensor): void {
    this.#updates.set(this.qualify(name), value);
  }

  /**
   * State that a stream of batches hands on from batch to batch; zero at its start.
   *
   * @throws {RangeError} when the same name was used with another shape.
   */
  carried(name: string, shape: Shape): Tensor {
    const full = this.qualify(name);
    const known = this.#carried.get(full);
    if (known !== undefined && known.shape.join() !== shape.join()) {
      throw new RangeError(`carried state ${full} has shape [${known.shape}], not [${shape}]`);
    }
    this.#carried.set(full, { name: full, shape: [...shape] });
    return carried(full, shape);
  }

  /** Sets what carried state the next batch of the stream starts with; no gradient flows there. */
  carry(name: string, value: Tensor): void {
    this.#carriedUpdates.set(this.qualify(name), value);
  }

  /**
   * Sets one part of carried state [C, ...] for the next batch of the stream, in place: the slot that the
   * caller names when it runs the step. The rest stays; nothing else may set that state.
   */
  carrySlot(name: string, value: Tensor): void {
    this.#carriedSlots.set(this.qualify(name), value);
  }

  /** Carried state that the model function has asked for. */
  get carriedSpecs(): readonly CarriedSpec[] {
    return [...this.#carried.values()];
  }

  /** What the next batch starts with, by full name. */
  get carriedUpdates(): ReadonlyMap<string, Tensor> {
    return this.#carriedUpdates;
  }

  /** Parts that are set in place, by full name. */
  get carriedSlots(): ReadonlyMap<string, Tensor> {
    return this.#carriedSlots;
  }

  /** A random stream number that no other use in this model has, in a stable order. */
  dropoutStream(): number {
    return this.#streams++;
  }

  /** New values of the states by full name. */
  get stateUpdates(): ReadonlyMap<string, Tensor> {
    return this.#updates;
  }

  /** What the model function has asked for so far. */
  get collected(): ModelParameters {
    return new ModelParameters(
      [...this.#parameters.values()],
      [...this.#states.values()],
      new Map(this.#aliases),
    );
  }
}
