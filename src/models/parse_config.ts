/** Reading of model configurations, and what parts of several of them have to fulfil. */
import type { z } from "zod";
import { UserError } from "../errors.ts";

/**
 * Reads a configuration from JSON data.
 *
 * @param where Named in the message, such as a path.
 * @throws {UserError} naming the first field that is wrong.
 */
export function parseConfig<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  throw new UserError(`${where}: model configuration: ${field}${issue.message}`);
}

/** Refuses a field of a configuration. */
export type Refuse = (path: string[], message: string) => void;

/** A Mega stack under the name `part` of its configuration. */
export function checkMega(
  stack: {
    readonly normBefore: boolean;
    readonly normalizeEmbedding: boolean;
    readonly relativeBias: string;
    readonly z: number;
  },
  part: string,
  refuse: Refuse,
): void {
  if (stack.normBefore && stack.normalizeEmbedding) {
    refuse([part, "normalizeEmbedding"], "excludes normBefore");
  }
  if (stack.relativeBias === "rotary" && stack.z % 2 !== 0) {
    refuse([part, "z"], "a rotary bias needs an even z");
  }
}

/** A Transformer stack under the name `part` of its configuration. */
export function checkTransformer(
  stack: { readonly width: number; readonly heads: number; readonly positions: string },
  part: string,
  refuse: Refuse,
): void {
  if (stack.width % stack.heads !== 0) refuse([part, "heads"], "must divide the width");
  if (stack.positions === "sinusoidal" && (stack.width % 2 !== 0 || stack.width < 4)) {
    refuse([part, "width"], "sinusoidal positions need an even width of at least 4");
  }
}
