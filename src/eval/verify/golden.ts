/** A golden file: parameters, inputs and expected results of one module. */
import type { z } from "zod";
import { sizeOf, type Tensor } from "../../graph/contract.ts";
import { input } from "../../../kernels/source/mod.ts";
import { UserError } from "../../errors.ts";
import { readSafetensors, type SafeTensor } from "../../util/safetensors.ts";
import { checkConfigSize } from "./config_size.ts";

/** Numbers of a tensor; 64-bit integers are refused when the file is read. */
export type GoldenValues = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** A tensor of a golden file. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly values: GoldenValues;
}

function toGolden(where: string, name: string, tensor: SafeTensor): GoldenTensor {
  if (tensor.dtype === "I64") {
    throw new UserError(`${where}: tensor ${name}: dtype I64 is not used by golden files`);
  }
  return { shape: tensor.shape, values: tensor.data };
}

/** A parsed golden file. Names are without their `input.`, `param.`, `output.`, `grad.` prefix; `info.*` is not read. */
export class Golden {
  readonly kind: string;
  readonly inputs: ReadonlyMap<string, GoldenTensor>;
  readonly parameters: ReadonlyMap<string, GoldenTensor>;
  /** Expected results by full name (`output.y`, `grad.param.weight`, ...). */
  readonly expected: ReadonlyMap<string, GoldenTensor>;
  readonly #metadata: Readonly<Record<string, string>>;

  /**
   * @param where Name used in messages.
   * @throws {UserError} when the bytes are not a golden file.
   */
  constructor(bytes: Uint8Array, readonly where: string) {
    const { metadata, tensors } = readSafetensors(bytes, where);
    this.#metadata = metadata;
    if (metadata.kind === undefined) {
      throw new UserError(`${where}: not a golden file: __metadata__ has no kind`);
    }
    this.kind = metadata.kind;
    const inputs = new Map<string, GoldenTensor>();
    const parameters = new Map<string, GoldenTensor>();
    const expected = new Map<string, GoldenTensor>();
    for (const [name, tensor] of tensors) {
      const value = toGolden(where, name, tensor);
      if (name.startsWith("input.")) inputs.set(name.slice(6), value);
      else if (name.startsWith("param.")) parameters.set(name.slice(6), value);
      else if (name.startsWith("output.") || name.startsWith("grad.")) expected.set(name, value);
      else if (!name.startsWith("info.")) {
        throw new UserError(`${where}: tensor ${name}: expected input, param, output or grad`);
      }
    }
    this.inputs = inputs;
    this.parameters = parameters;
    this.expected = expected;
  }

  #json(key: string): unknown {
    const text = this.#metadata[key];
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new UserError(`${this.where}: __metadata__.${key} is not JSON`, { cause });
    }
  }

  /** How the case was built. @throws {UserError} naming the first field that is missing or wrong. */
  config<S extends z.ZodType>(schema: S, key = "config"): z.infer<S> {
    const value = this.#json(key);
    checkConfigSize(value, `${this.where}: ${key}`, this.parameters.size);
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new UserError(`${this.where}: ${key}: ${issue.path.join(".")}: ${issue.message}`);
  }

  /** Values of an input. @throws {UserError} when the file lacks it. */
  inputTensor(name: string): GoldenTensor {
    const tensor = this.inputs.get(name);
    if (tensor === undefined) throw new UserError(`${this.where}: input.${name} is missing`);
    return tensor;
  }

  /** An input of the graph that {@link feeds} gives the file's values; masks become f32. */
  input(name: string): Tensor {
    const { shape, values } = this.inputTensor(name);
    return input(`input.${name}`, shape, values instanceof Int32Array ? "i32" : "f32");
  }

  /** Values of all inputs (`input.*`) and parameters (by their own names). */
  feeds(): Map<string, ArrayLike<number>> {
    const feeds = new Map<string, ArrayLike<number>>();
    for (const [name, { values }] of this.inputs) feeds.set(`input.${name}`, values);
    for (const [name, { values }] of this.parameters) feeds.set(name, values);
    return feeds;
  }

  /** Values of all parameters and statistics (`param.*`) in float32. */
  parameterValues(): Map<string, Float32Array> {
    return new Map(
      [...this.parameters].map(([name, { values }]) => [name, Float32Array.from(values)]),
    );
  }

  /** Names of expected results that start with `prefix`, without it. */
  expectedNames(prefix: string): string[] {
    return [...this.expected.keys()].filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
  }

  /**
   * Checks that the parameters of a model and of the file are the same.
   *
   * @throws {UserError} naming the first parameter that is missing, unknown or of another shape.
   */
  checkParameters(
    specs: Iterable<{ readonly name: string; readonly shape: readonly number[] }>,
  ): void {
    const known = new Set<string>();
    for (const { name, shape } of specs) {
      const found = this.parameters.get(name);
      if (found === undefined) throw new UserError(`${this.where}: param.${name} is missing`);
      if (found.values.length !== sizeOf(shape) || found.shape.join() !== shape.join()) {
        throw new UserError(
          `${this.where}: param.${name} has shape [${found.shape}], the model needs [${shape}]`,
        );
      }
      known.add(name);
    }
    for (const name of this.parameters.keys()) {
      if (!known.has(name)) {
        throw new UserError(`${this.where}: param.${name}: the model has no such parameter`);
      }
    }
  }
}
