/**
 * Checkpoints: one safetensors file with parameters, moments, model and carried state, and all about
 * the progress of a run, written atomically and checked by a digest when it is read.
 */
import { z } from "zod";
import { UserError } from "../errors.ts";
import { writeFileAtomic } from "../util/atomic_write.ts";
import { ifPresent } from "../util/read_error.ts";
import { readSafetensors, type SafeTensor, writeSafetensors } from "../util/safetensors.ts";
import { Sha256 } from "../util/sha256.ts";
import { migrateProgress } from "./checkpoint_migration.ts";
import type { SessionState } from "./session_state.ts";

const point = z.strictObject({
  step: z.number(),
  loss: z.number().nullable(),
  score: z.number().nullable(),
  learningRate: z.number(),
  gradientNorm: z.number().nullable(),
});

const validation = z.strictObject({
  step: z.number(),
  loss: z.number().nullable(),
  score: z.number().nullable(),
});

/** Progress of a run, as stored beside the tensors. */
export const progressSchema = z.strictObject({
  format: z.literal("mega-webgpu/checkpoint-2"),
  /** Hash of everything that must not change between an interruption and its continuation. */
  run: z.string(),
  update: z.int().nonnegative(),
  cursor: z.strictObject({ epoch: z.int(), index: z.int() }),
  /** Loss (nats) and score of the workload while training. */
  curve: z.array(point),
  validationCurve: z.array(validation),
  /** Where the score on the validation split was best so far. */
  best: z.strictObject({ step: z.int(), score: z.number() }).nullable(),
  /** Seconds spent so far, by phase. */
  seconds: z.strictObject({ compile: z.number(), train: z.number(), evaluate: z.number() }),
  /** Milliseconds per update of each measured window. */
  stepMilliseconds: z.array(z.number()),
  /** Training tokens without padding. */
  tokens: z.number(),
  /** Training positions with padding; `null` when the run began before they were counted. */
  positions: z.number().nullable(),
});
/** See {@link progressSchema}. */
export type RunProgress = z.infer<typeof progressSchema>;

const parts = ["parameters", "first", "second", "states", "carried"] as const;

function digest(tensors: ReadonlyMap<string, SafeTensor>): string {
  const hash = new Sha256();
  for (const [name, { data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest();
}

/**
 * Writes a checkpoint to a temporary file and renames it.
 *
 * @throws {UserError} when the disk is full or not writable; an older checkpoint stays as it was.
 */
export async function saveCheckpoint(
  path: string,
  state: SessionState,
  progress: RunProgress,
): Promise<void> {
  const tensors = new Map<string, SafeTensor>();
  for (const part of parts) {
    for (const [name, data] of state[part]) {
      tensors.set(`${part}.${name}`, { dtype: "F32", shape: [data.length], data });
    }
  }
  const metadata = { progress: JSON.stringify(progress), sha256: digest(tensors) };
  await writeFileAtomic(path, writeSafetensors({ metadata, tensors }));
}

/**
 * Reads a checkpoint, or `undefined` when there is none.
 *
 * @throws {UserError} when the file is damaged or belongs to another run.
 */
export async function loadCheckpoint(
  path: string,
  run: string,
): Promise<{ readonly state: SessionState; readonly progress: RunProgress } | undefined> {
  const bytes = await ifPresent(path, Deno.readFile(path));
  if (bytes === undefined) return undefined;
  const { metadata, tensors } = readSafetensors(bytes, path);
  const damaged = (detail: string) =>
    new UserError(`${path}: not a usable checkpoint (${detail}); delete it to start over`);
  if (digest(tensors) !== metadata.sha256) throw damaged("its digest does not match");
  let json: unknown;
  try {
    json = JSON.parse(metadata.progress ?? "");
  } catch {
    throw damaged("no progress record");
  }
  const parsed = progressSchema.safeParse(migrateProgress(json));
  if (!parsed.success) throw damaged("the progress record has another form");
  if (parsed.data.run !== run) {
    throw new UserError(
      `${path}: belongs to a run with other settings or data; ` +
        "delete it or run without --resume",
    );
  }
  const state: SessionState = {
    parameters: new Map(),
    first: new Map(),
    second: new Map(),
    states: new Map(),
    carried: new Map(),
  };
  for (const [key, { data }] of tensors) {
    const part = parts.find((name) => key.startsWith(`${name}.`));
    if (part === undefined || !(data instanceof Float32Array)) throw damaged(`tensor ${key}`);
    state[part].set(key.slice(part.length + 1), data);
  }
  return { state, progress: parsed.data };
}
