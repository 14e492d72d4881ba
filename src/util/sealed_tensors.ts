/**
 * Safetensors files with a digest over every byte: header, metadata, names, shapes and values. A
 * changed or cut file is noticed when it is read, whichever byte it is.
 */
import { DamagedError } from "../errors.ts";
import { readSafetensors, type SafetensorsFile, writeSafetensors } from "./safetensors.ts";
import { Sha256 } from "./sha256.ts";

/** What a sealed file begins with, after the 8 bytes of the header's length. */
const prefix = new TextEncoder().encode('{"__metadata__":{"sha256":"');
const blank = "0".repeat(64);
const from = 8 + prefix.length;
const to = from + blank.length;

const isSealed = (bytes: Uint8Array) =>
  bytes.length >= to && prefix.every((byte, i) => bytes[8 + i] === byte);

/** What stands where the digest belongs. */
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes.subarray(from, to));

/** The digest stands in the file itself, and counts as so many zeros. */
function digestOf(bytes: Uint8Array): string {
  return new Sha256().update(bytes.subarray(0, from)).update(blank).update(bytes.subarray(to))
    .digest();
}

/**
 * The bytes of a sealed file, and the digest that stands in it.
 *
 * @throws {RangeError} when the metadata holds a `sha256` of its own.
 */
export function sealTensors(
  { metadata, tensors }: SafetensorsFile,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly sha256: string } {
  const bytes = writeSafetensors({ metadata: { sha256: blank, ...metadata }, tensors });
  if (!isSealed(bytes) || textOf(bytes) !== blank) {
    throw new RangeError("the digest is not the first of the header");
  }
  const sha256 = digestOf(bytes);
  bytes.set(new TextEncoder().encode(sha256), from);
  return { bytes, sha256 };
}

/** Largest file of tensors that is read, bytes. */
export const LARGEST_TENSORS = 8 * 2 ** 30;

/** How messages about a damaged file end: nothing was done about it. */
export const restIntact = "the other files of the run are as they were";

/**
 * Reads a sealed file; tensors are views of `bytes` where alignment allows.
 *
 * @param where Path, for messages.
 * @throws {DamagedError} when a byte is not as it was written, or some are missing.
 */
export function openTensors(
  bytes: Uint8Array,
  where: string,
): SafetensorsFile & { readonly sha256: string } {
  const sha256 = isSealed(bytes) ? digestOf(bytes) : undefined;
  if (sha256 === undefined || textOf(bytes) !== sha256) {
    throw new DamagedError(`${where}: damaged (its digest does not match); ${restIntact}`);
  }
  const { metadata: { sha256: _, ...metadata }, tensors } = readSafetensors(bytes, where);
  return { metadata, tensors, sha256 };
}
