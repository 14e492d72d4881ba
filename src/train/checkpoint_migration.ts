/** Reads the progress records of checkpoints that earlier versions of the program wrote. */
import { z } from "zod";

/** What version 1 called `accuracy` is the score of a classifier; it carried no state. */
const firstVersion = z.looseObject({
  format: z.literal("mega-webgpu/checkpoint-1"),
  curve: z.array(z.looseObject({ accuracy: z.number().nullable() })),
  validationCurve: z.array(z.looseObject({ accuracy: z.number().nullable() })),
  best: z.looseObject({ accuracy: z.number() }).nullable(),
});

function renamed<T extends { readonly accuracy: unknown }>(
  { accuracy, ...rest }: T,
): Omit<T, "accuracy"> & { readonly score: T["accuracy"] } {
  return { ...rest, score: accuracy };
}

/** The record in the present version; anything else is returned as it is, to be checked. */
export function migrateProgress(json: unknown): unknown {
  const first = firstVersion.safeParse(json);
  if (!first.success) return json;
  const { curve, validationCurve, best, ...rest } = first.data;
  return {
    ...rest,
    format: "mega-webgpu/checkpoint-2",
    curve: curve.map(renamed),
    validationCurve: validationCurve.map(renamed),
    best: best === null ? null : renamed(best),
    positions: null,
  };
}
