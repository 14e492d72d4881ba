import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../errors.ts";
import { ifPresent, readError } from "../../util/read_error.ts";
import { sha256Hex } from "../../util/sha256.ts";
import { Dictionary } from "./dictionary.ts";

/** A whole number from 0 in a seal. */
export const sealedCount = z.int().nonnegative();
/** A sha256 in a seal. */
export const sealedHash = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * What `corpus.json`, the seal of a folder of tokens, says about the files beside it; undefined
 * when there is none. @throws {UserError} when it is damaged.
 */
export async function readSeal<T>(folder: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const path = join(folder, "corpus.json");
  const text = await ifPresent(path, Deno.readTextFile(path));
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError(`${path}: is damaged`, { cause });
  }
}

/** A text file whose sha256 is known. @throws {UserError} when it is another. */
export async function readSealedText(path: string, expected: string): Promise<string> {
  const text = await Deno.readTextFile(path).catch((error: unknown) => {
    throw readError(error, path);
  });
  if (sha256Hex(text) !== expected) throw new UserError(`${path}: does not match its checksum`);
  return text;
}

/** The dictionary of a folder of tokens, see {@link readSealedText}. */
export async function readSealedDictionary(folder: string, expected: string): Promise<Dictionary> {
  const path = join(folder, "dict.txt");
  const text = await readSealedText(path, expected);
  return Dictionary.parse(text.split("\n").slice(0, -1), path);
}
