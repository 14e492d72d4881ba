/** All about the progress of a run that its continuation needs beside the tensors. */
import { z } from "zod";
import { FIRST_BATCH } from "../data/batches.ts";
import { pointDue, type RunSettings, validationDue } from "./run_settings.ts";

const count = z.int().nonnegative();
const duration = z.number().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const point = z.strictObject({
  step: count,
  loss: z.number().nullable(),
  score: z.number().nullable(),
  learningRate: z.number(),
  gradientNorm: z.number().nullable(),
});

const validation = z.strictObject({
  step: count,
  loss: z.number().nullable(),
  score: z.number().nullable(),
});

/** A number as JSON has it, or the name of one that JSON does not have. */
const anyNumber = z.union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"]).transform(Number)]);

/** Updates since the last point of the curve: it is made of them and of those to come. */
const partialWindow = z.strictObject({
  /** Of every update, in order. */
  metrics: z.array(z.strictObject({
    lossSum: anyNumber,
    gradientNorm: anyNumber,
    metrics: z.record(z.string(), anyNumber),
  })),
  units: z.strictObject({ sentences: count, tokens: count }),
  positions: count,
  milliseconds: duration,
});
/** See {@link partialWindow}. */
export type PartialWindow = z.infer<typeof partialWindow>;

/** A model in a file of its own: the update that it is of, and the digest of the file. */
const keptModel = z.strictObject({ step: count, sha256 });
/** See {@link keptModel}. */
export type KeptModel = z.infer<typeof keptModel>;

/** Progress of a run, as stored beside the tensors. */
export const progressSchema = z.strictObject({
  format: z.literal("mega-webgpu/checkpoint-3"),
  /** Hash of everything that must not change between an interruption and its continuation. */
  run: z.string(),
  update: count,
  cursor: z.strictObject({ epoch: z.int().min(1), index: count }),
  /** Loss (nats) and score of the workload while training. */
  curve: z.array(point),
  validationCurve: z.array(validation),
  /** What the next point of the curve begins with, where an interruption cut its updates short. */
  window: partialWindow.nullable(),
  /** Where the score on the validation split was best so far, and the file of that model. */
  best: keptModel.extend({ score: z.number() }).nullable(),
  /** Files of the latest models, oldest first, where their mean is evaluated. */
  recent: z.array(keptModel),
  /** Seconds spent so far, by phase. */
  seconds: z.strictObject({ compile: duration, train: duration, evaluate: duration }),
  /** Milliseconds per update, for each point of the curve. */
  stepMilliseconds: z.array(duration),
  /** Training tokens without padding. */
  tokens: count,
  /** Training positions with padding. */
  positions: count,
});
/** See {@link progressSchema}. */
export type RunProgress = z.infer<typeof progressSchema>;

/** The progress of a run that has not begun. */
export function firstProgress(run: string, compileSeconds: number): RunProgress {
  return {
    format: "mega-webgpu/checkpoint-3",
    run,
    update: 0,
    cursor: FIRST_BATCH,
    curve: [],
    validationCurve: [],
    window: null,
    best: null,
    recent: [],
    seconds: { compile: compileSeconds, train: 0, evaluate: 0 },
    stepMilliseconds: [],
    tokens: 0,
    positions: 0,
  };
}

/** JSON of a progress record; numbers that are not finite are written by name. */
export function progressText(progress: RunProgress): string {
  return JSON.stringify(
    progress,
    (_, value: unknown) =>
      typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
  );
}

/** Whether the present model still has to be evaluated on the validation split. */
export function validationPending(
  { update, validationCurve }: RunProgress,
  settings: RunSettings,
): boolean {
  return validationDue(settings, update) && validationCurve.at(-1)?.step !== update;
}

const stepsOf = (points: readonly { readonly step: number }[]) =>
  points.map(({ step }) => step).join();

/**
 * Checks a stored record against the settings of its run: everything that follows from how many
 * updates there were.
 *
 * @returns What cannot be, if anything.
 */
export function progressTrouble(
  progress: RunProgress,
  settings: RunSettings,
): string | undefined {
  const { update, cursor, curve, validationCurve, window, best, recent } = progress;
  const { updates, accumulation, averagedModels } = settings;
  if (update < 1 || update > updates) return `update ${update} of ${updates}`;
  const batches = update * accumulation;
  if (cursor.epoch - 1 + cursor.index > batches) {
    return `epoch ${cursor.epoch}, batch ${cursor.index} after ${batches} batches`;
  }
  const done = Array.from({ length: update }, (_, i) => ({ step: i + 1 }));
  const points = done.filter(({ step }) => pointDue(settings, step));
  if (stepsOf(curve) !== stepsOf(points)) return "the points of its curve";
  if (progress.stepMilliseconds.length !== curve.length) return "the times of its curve";
  const open = update - (points.at(-1)?.step ?? 0);
  if ((window?.metrics.length ?? 0) !== open || (window !== null && open === 0)) {
    return `the ${open} updates since the last point of its curve`;
  }
  const validations = done.filter(({ step }) =>
    validationDue(settings, step) &&
    (step < update || !validationPending(progress, settings))
  );
  if (stepsOf(validationCurve) !== stepsOf(validations)) return "the points of its validations";
  const scored = validationCurve.filter(({ score }) => score !== null);
  if (best === null ? scored.length > 0 : !isPoint(best, scored)) return "its best model";
  const kept = averagedModels === undefined ? [] : validations.slice(-averagedModels);
  if (stepsOf(recent) !== stepsOf(kept)) return "its latest models";
  if ((progress.tokens > 0) !== (points.length > 0)) return `${progress.tokens} tokens`;
  return undefined;
}

function isPoint(
  best: { readonly step: number; readonly score: number },
  validations: RunProgress["validationCurve"],
): boolean {
  return validations.some(({ step, score }) => step === best.step && score === best.score);
}
