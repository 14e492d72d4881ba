/**
 * JSON files that carry a digest of their content: a changed or cut file is noticed when it is
 * read.
 */
import { z } from "zod";
import { DamagedError } from "../errors.ts";
import { writeFileAtomic } from "./atomic_write.ts";
import { ifPresent } from "./read_error.ts";
import { sha256Hex } from "./sha256.ts";
import { readRegularText } from "./read_regular.ts";

const envelopeSchema = z.strictObject({
  format: z.string(),
  sha256: z.string(),
  content: z.json(),
});

/** A kind of sealed file. */
export interface SealedFormat<T> {
  /** Name and version, for example `mega-webgpu/cell-1`. */
  readonly format: string;
  readonly schema: z.ZodType<T>;
}

/** Largest file that is read: the plan of a sweep of 100,000 jobs has 50 MB. */
const LARGEST = 2 ** 28;

const digestOf = (format: string, content: unknown) =>
  sha256Hex(`${format}\n${JSON.stringify(content)}`);

/**
 * Writes a content with its digest, all or nothing.
 *
 * @throws {UserError} when the disk is full or not writable; an older file stays as it was.
 */
export async function writeSealed<T>(
  path: string,
  { format }: SealedFormat<T>,
  content: T,
): Promise<void> {
  const envelope = { format, sha256: digestOf(format, content), content };
  await writeFileAtomic(path, `${JSON.stringify(envelope, null, 1)}\n`);
}

/**
 * Reads a sealed file and checks digest and form.
 *
 * @returns `undefined` when there is no such file.
 * @throws {DamagedError} when it is damaged or of another format.
 * @throws {UserError} when it cannot be read.
 */
export async function readSealed<T>(
  path: string,
  { format, schema }: SealedFormat<T>,
): Promise<T | undefined> {
  const text = await ifPresent(path, readRegularText(path, LARGEST));
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new DamagedError(`${path}: damaged (not JSON)`);
  }
  const envelope = envelopeSchema.safeParse(json);
  if (!envelope.success) throw new DamagedError(`${path}: damaged (no digest)`);
  if (envelope.data.format !== format) {
    throw new DamagedError(`${path}: is ${envelope.data.format}, not ${format}`);
  }
  if (digestOf(format, envelope.data.content) !== envelope.data.sha256) {
    throw new DamagedError(`${path}: damaged (its digest does not match)`);
  }
  const content = schema.safeParse(envelope.data.content);
  if (!content.success) {
    const { path: at, message } = content.error.issues[0];
    throw new DamagedError(`${path}: ${at.join(".") || "content"}: ${message}`);
  }
  return content.data;
}
