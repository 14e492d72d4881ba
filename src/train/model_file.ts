/**
 * A trained model in one safetensors file: parameters and model state under their own names, and in
 * the metadata all that it takes to use it. Unlike a checkpoint it cannot be trained on.
 */
import { z } from "zod";
import { directions } from "../data/translation/directions.ts";
import { UserError } from "../errors.ts";
import { writeFileAtomic } from "../util/atomic_write.ts";
import { readRegular } from "../util/read_regular.ts";
import { LARGEST_TENSORS } from "../util/sealed_tensors.ts";
import { readSafetensors, type SafeTensor, writeSafetensors } from "../util/safetensors.ts";
import { Sha256 } from "../util/sha256.ts";
import type { TrainedValues } from "./session_state.ts";

const shared = {
  format: z.literal("mega-webgpu/model-1"),
  task: z.string(),
  model: z.string(),
  seed: z.int().nonnegative(),
  /** Configuration of the model, as in the result. */
  config: z.json(),
  /** Symbols by id with their counts, one a line. */
  dictionary: z.string(),
};

const languageModelHeadSchema = z.strictObject({
  ...shared,
  kind: z.literal("language-model"),
  /** What a symbol stands for. */
  unit: z.enum(["character", "byte", "word"]),
});

const translationHeadSchema = z.strictObject({
  ...shared,
  kind: z.literal("translation"),
  direction: z.enum(directions),
  /** How lines become pieces and pieces become lines, see `textPipeline`. */
  pipeline: z.json(),
  /** Side on which sources of a batch were padded in training. */
  sourcePadding: z.enum(["left", "right"]),
});

/** What the metadata of a model file holds, by kind of the recipe. */
export const modelHeadSchema = z.discriminatedUnion("kind", [
  languageModelHeadSchema,
  translationHeadSchema,
]);
/** See {@link modelHeadSchema}. */
export type ModelHead = z.infer<typeof modelHeadSchema>;
/** The head of a language model. */
export type LanguageModelHead = z.infer<typeof languageModelHeadSchema>;
/** The head of a translation model. */
export type TranslationHead = z.infer<typeof translationHeadSchema>;

const statePrefix = "state.";

function digest(head: string, tensors: ReadonlyMap<string, SafeTensor>): string {
  const hash = new Sha256().update(head);
  for (const [name, { data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest();
}

/** Writes a model, all or nothing. @throws {UserError} when the disk is full or not writable. */
export async function saveModel(
  path: string,
  head: ModelHead,
  { parameters, states }: TrainedValues,
): Promise<void> {
  const tensors = new Map<string, SafeTensor>();
  for (const [name, data] of parameters) {
    tensors.set(name, { dtype: "F32", shape: [data.length], data });
  }
  for (const [name, data] of states) {
    tensors.set(statePrefix + name, { dtype: "F32", shape: [data.length], data });
  }
  const text = JSON.stringify(head);
  const metadata = { model: text, sha256: digest(text, tensors) };
  await writeFileAtomic(path, writeSafetensors({ metadata, tensors }));
}

/** Reads a model. @throws {UserError} when the file is missing, damaged or of another kind. */
export async function loadModel(
  path: string,
): Promise<{ readonly head: ModelHead; readonly values: TrainedValues }> {
  const bytes = await readRegular(path, LARGEST_TENSORS);
  const { metadata, tensors } = readSafetensors(bytes, path);
  const text = metadata.model;
  if (text === undefined) {
    throw new UserError(
      `${path}: not a trained model: give a file that bench left in a .models folder`,
    );
  }
  if (digest(text, tensors) !== metadata.sha256) {
    throw new UserError(`${path}: damaged (its digest does not match): train the model anew`);
  }
  const head = modelHeadSchema.safeParse(JSON.parse(text));
  if (!head.success) throw new UserError(`${path}: a model of another version: train it anew`);
  const parameters = new Map<string, Float32Array>();
  const states = new Map<string, Float32Array>();
  for (const [name, { data }] of tensors) {
    if (!(data instanceof Float32Array)) throw new UserError(`${path}: ${name} is not f32`);
    if (name.startsWith(statePrefix)) states.set(name.slice(statePrefix.length), data);
    else parameters.set(name, data);
  }
  return { head: head.data, values: { parameters, states } };
}
