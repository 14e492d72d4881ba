import { z } from "zod";
import { UserError } from "../../errors.ts";

/** Words are what white space separates. */
const plainSchema = z.strictObject({ name: z.literal("none") });

const prefixesSchema = z.strictObject({
  always: z.array(z.string()),
  numericOnly: z.array(z.string()),
});

/** Words and punctuation as the scripts of Moses split them. */
const mosesSchema = z.strictObject({
  name: z.literal("moses"),
  /** Whether characters that are not printed are removed and punctuation is normalised first. */
  normalize: z.boolean(),
  /** Whether hyphens become words, ` @-@ `. */
  aggressive: z.boolean(),
  /** Whether characters that mean something to Moses become entities. */
  escape: z.boolean(),
  /** Abbreviations that keep their dot; in the file, because lists of Moses need not be at hand. */
  prefixes: z.strictObject({ en: prefixesSchema, de: prefixesSchema }),
});
/** How the scripts of Moses are used. */
export type MosesSpec = z.infer<typeof mosesSchema>;

/** Everything that turns lines into pieces and back, as plain JSON: kept inside model files. */
export const textPipelineSchema = z.strictObject({
  tokenizer: z.discriminatedUnion("name", [plainSchema, mosesSchema]),
  /** Whether words are lower-cased, after they were found. */
  lowercase: z.boolean(),
  /** The content of a codes file of byte pair encoding; null for whole words. */
  codes: z.string().nullable(),
});
/** See {@link textPipelineSchema}. */
export type TextPipelineSpec = z.infer<typeof textPipelineSchema>;

/**
 * A specification that was read from a file. @param where Names the file in messages.
 *
 * @throws {UserError} when it is none.
 */
export function parseTextPipeline(value: unknown, where: string): TextPipelineSpec {
  const parsed = textPipelineSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(
    `${where}: its text pipeline is not readable (${issue.path.join(".")}: ${issue.message})`,
    { cause: parsed.error },
  );
}
